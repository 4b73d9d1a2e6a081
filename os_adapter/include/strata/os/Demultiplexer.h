// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include <strata/os/Clock.h>
#include <strata/os/Export.h>
#include <strata/os/Handle.h>
#include <strata/os/Result.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {
namespace os {

/// What is wanted of a handle; a set of bits. Errors and hang-ups are reported even for `none` (poll(2)).
enum class Interest : std::uint8_t { none = 0, input = 1, output = 2, both = 3 };
constexpr Interest operator|(Interest a, Interest b) noexcept {
  return static_cast<Interest>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr Interest operator&(Interest a, Interest b) noexcept {
  return static_cast<Interest>(static_cast<unsigned>(a) & static_cast<unsigned>(b));
}
constexpr bool any(Interest set) noexcept { return set != Interest::none; }

/// One event: a handle's readiness, with the token that it was added with; or an operation's completion.
struct Ready {
  static constexpr std::uint8_t input = 1;     ///< a read will not block
  static constexpr std::uint8_t output = 2;    ///< a write will not block
  static constexpr std::uint8_t error = 4;     ///< POLLERR: the socket has an error
  static constexpr std::uint8_t hangup = 8;    ///< POLLHUP: both directions are shut
  static constexpr std::uint8_t read_end = 16; ///< POLLRDHUP: the peer sent FIN; bytes may stand before it
  static constexpr std::uint8_t completed = 32;  ///< of a Submission, at whose address `token` points
  static constexpr std::uint8_t last = 64;       ///< no other completion of it follows
  static constexpr std::uint8_t lent = 128;      ///< its bytes are the Completion_Port's `buffer`

  std::uint64_t token;
  std::uint8_t set;
  std::uint16_t buffer = 0;
  std::int32_t result = 0;  ///< of an operation; negative: a std::errc, as of the seam's entries

  bool is(std::uint8_t bits) const noexcept { return (set & bits) != 0; }
};
static_assert(sizeof(Ready) == 16);

class Completion_Port;

/// Waits for readiness of many handles at once: POSA's Synchronous Event Demultiplexer. Level-triggered. One class a
/// mechanism, chosen by name; the simulator has its own. @threads loop (the owner's; wake it with a Waker)
class Demultiplexer {
 public:
  virtual ~Demultiplexer() = default;
  virtual std::string_view name() const noexcept = 0;
  /// Whether add, modify and remove may be called while another thread is in `wait`, and count for that wait. One of
  /// them at a time all the same.
  virtual bool concurrent() const noexcept { return false; }

  /// Several threads are going to wait, one at a time; before the first wait. Errors: the mechanism's.
  virtual Result<> share() { return {}; }

  /// `token` comes back with every event. Errors: file_exists (already added), too_many_files_open (does not fit:
  /// select and FD_SETSIZE), operation_not_permitted (regular file), bad_file_descriptor.
  virtual Result<> add(Handle, Interest, std::uint64_t token) = 0;
  /// The same for a handle that other demultiplexers wait for, too: an event need not wake them all. Not for `modify`.
  virtual Result<> add_shared(Handle handle, Interest interest, std::uint64_t token) {
    return add(handle, interest, token);
  }
  virtual Result<> modify(Handle, Interest, std::uint64_t token) = 0;
  /// After it no event of `handle` is reported, not even one already fetched by the system.
  virtual Result<> remove(Handle) = 0;
  /// The handle is about to be closed by its only owner, no duplicate of it exists: forget it without a system call
  /// where closing does that (epoll(7)).
  virtual void forget(Handle) noexcept = 0;

  /// Fills `out` with what is ready; 0 after `timeout` (< 0: none) or EINTR. Never reports one handle twice in a call.
  virtual Result<std::size_t> wait(std::span<Ready> out, Duration timeout) = 0;

  /// Null where the mechanism tells of readiness alone.
  virtual Completion_Port* completion_port() noexcept { return nullptr; }

  /// Adds a Waker's handle. True: edge-triggered, its counter need never be read (saves a system call a wake-up).
  virtual Result<bool> add_waker(Handle, std::uint64_t token) = 0;
};

/// "epoll", "io_uring", "poll", "select", or "auto": the first of them that opens and works here. Errors:
/// invalid_argument (no such name), not_supported (not on this system), or the system's. A ring may also be refused
/// with function_not_supported, operation_not_permitted or permission_denied (io_uring_setup(2), seccomp(2)), or with
/// not_enough_memory (RLIMIT_MEMLOCK before Linux 5.12).
Result<std::unique_ptr<Demultiplexer>> open_demultiplexer(std::string_view name);

/// Whether an error of `open_demultiplexer` says that the mechanism is missing or forbidden here, so that another may
/// do; not that something is used up.
bool is_refusal(const std::error_code&) noexcept;

/// The names that `open_demultiplexer` knows here, "auto" first.
std::span<const std::string_view> demultiplexer_names() noexcept;

}  // namespace os
}  // namespace v1
}  // namespace strata
