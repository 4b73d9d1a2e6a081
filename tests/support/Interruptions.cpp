// SPDX-License-Identifier: Apache-2.0
#include <strata_test/Interruptions.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <system_error>
#include <tuple>
#include <type_traits>

namespace strata_test {
namespace {

using strata::Duration;
using strata::os::Operations;
using strata::os::Raw;

/// A wait does not block where its timeout is zero. All else that is here may.
template <class... Parameters>
bool may_block(const Parameters&... parameters) {
  if constexpr ((std::is_same_v<Parameters, Duration> || ...)) {
    return std::get<const Duration&>(std::tie(parameters...)) != Duration::zero();
  }
  return true;
}

/// A connect is under way even so (connect(3p)).
template <auto Entry>
constexpr bool goes_on = false;
template <>
constexpr bool goes_on<&Operations::connect> = true;

/// What stands in an entry's place, and what stood there.
template <auto Entry, class Function>
struct Interrupted;
template <auto Entry, class... Parameters>
struct Interrupted<Entry, Raw (*)(Parameters...)> {
  static inline Raw (*below)(Parameters...) = nullptr;
  static inline std::atomic<std::uint64_t> calls = 0;  // that may block: the first is interrupted, then every second

  static Raw call(Parameters... parameters) {
    const bool interrupt = may_block(parameters...) && calls.fetch_add(1, std::memory_order_relaxed) % 2 == 0;
    if (!interrupt) return below(parameters...);
    if constexpr (goes_on<Entry>) (void)below(parameters...);
    return -static_cast<Raw>(std::errc::interrupted);
  }
  static std::uint64_t interruptions() { return (calls.load(std::memory_order_relaxed) + 1) / 2; }
};

template <class Function>
Function entry_type(Function Operations::*);

template <auto Entry>
using State = Interrupted<Entry, decltype(entry_type(Entry))>;

template <auto... Entries>
Operations interrupting() {
  Operations table = strata::os::operations();
  const auto replace = [&table]<auto Entry>() {
    State<Entry>::below = table.*Entry;
    table.*Entry = State<Entry>::call;
  };
  (replace.template operator()<Entries>(), ...);
  return table;
}

Operations all_interrupting() {
  using O = Operations;
  return interrupting<&O::read, &O::write, &O::is_regular_file, &O::duplicate, &O::adopt, &O::pipe_open,
                      &O::send_handles, &O::receive_handles, &O::file_read_at, &O::file_write_at, &O::file_resize,
                      &O::memory_map, &O::memory_unmap, &O::memory_sync, &O::shared_memory_open,
                      &O::shared_memory_remove, &O::event_open, &O::timer_open, &O::timer_set, &O::socket,
                      &O::socket_pair, &O::bind, &O::listen, &O::accept, &O::connect, &O::receive, &O::send,
                      &O::send_gathered, &O::shutdown, &O::set_option, &O::get_option, &O::local_address,
                      &O::peer_address, &O::receive_datagrams, &O::send_datagrams, &O::set_membership, &O::resolve,
                      &O::epoll_open, &O::epoll_control, &O::epoll_wait, &O::ring_open, &O::ring_enter, &O::poll,
                      &O::select, &O::entropy, &O::file_open, &O::file_status, &O::file_sync, &O::file_rename,
                      &O::file_remove, &O::path_status, &O::path_set_permissions, &O::path_set_owner,
                      &O::directory_list, &O::send_file, &O::splice, &O::file_open_now, &O::file_open_beneath,
                      &O::folder_open, &O::folder_list, &O::process_start, &O::process_open, &O::process_reap,
                      &O::process_signal, &O::thread_start, &O::thread_join, &O::signal_open, &O::signal_read,
                      &O::raise_descriptor_limit>();
}

}  // namespace

std::uint64_t Interruptions::waits() {
  return State<&Operations::epoll_wait>::interruptions() + State<&Operations::ring_enter>::interruptions() +
         State<&Operations::poll>::interruptions() + State<&Operations::select>::interruptions();
}

bool Interruptions::wanted() { return std::getenv("STRATA_INTERRUPTED") != nullptr; }

Interruptions::Interruptions() : table_(all_interrupting()), scope_(table_) {}

}  // namespace strata_test
