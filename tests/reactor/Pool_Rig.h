// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <latch>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <cppunit/TestAssert.h>
#include <strata/logging/Log_System.h>
#include <strata/os/Operations.h>
#include <strata/os/Socket.h>
#include <strata/os/Thread.h>
#include <strata/reactor/Reactor.h>
#include <strata/reactor/Reactor_Metrics.h>
#include <strata/reactor/Reactor_Options.h>
#include <strata_test/Mechanisms.h>

namespace strata_test {

namespace os = strata::os;
using namespace std::chrono_literals;
using strata::Dispatch;
using strata::Event_Mask;
using strata::Handler_Ref;
using strata::Reactor;
using strata::Result;

/// Counts its upcalls, and whether two were ever at once.
class Guest final : public strata::Event_Handler {
 public:
  explicit Guest(os::Unique_Handle handle) : handle_(std::move(handle)) {}
  ~Guest() override {
    if (freed != nullptr) ++*freed;
  }

  os::Handle handle() const noexcept override { return handle_.get(); }
  Result<> handle_input() override {
    const Inside inside{*this};
    std::array<std::byte, 64> room;
    const Result<std::size_t> size = os::receive(handle(), room);
    if (!size) return strata::fail(size.error());
    if (*size == 0) return strata::fail(strata::errc::end_of_stream);
    bytes += *size;
    if (on_input) on_input();
    return {};
  }
  Result<> handle_timeout(strata::Timer_Id) override {
    const Inside inside{*this};
    ++timeouts;
    return {};
  }
  Result<> handle_post(strata::Callback& callback) override {
    const Inside inside{*this};
    callback();
    return {};
  }
  void handle_close(std::error_code) noexcept override {
    const Inside inside{*this};
    if (on_close) on_close();
  }

  std::function<void()> on_input, on_close;
  std::atomic<int> overlaps{0};
  std::uint64_t bytes = 0, timeouts = 0;  // plain: a hook that overlapped would be a race for TSan
  std::atomic<int>* freed = nullptr;

 private:
  struct Inside {
    explicit Inside(Guest& of) : guest(of) { guest.overlaps += guest.inside_.exchange(true) ? 1 : 0; }
    ~Inside() { guest.inside_ = false; }
    Guest& guest;
  };

  os::Unique_Handle handle_;
  std::atomic<bool> inside_{false};
};

/// A pool with guests whose peers are here, run in a thread of its own.
struct Pool {
  struct Place {
    Guest* guest;
    Handler_Ref ref;
    os::Unique_Handle peer;
  };

  Pool(Dispatch dispatch, unsigned threads, std::size_t guests, std::string_view mechanism = "auto",
       std::size_t post_capacity = 65'536) {
    strata::Log_System::process().set_level("", strata::Log_Level::off);
    strata::Reactor_Options options;
    options.dispatch = dispatch;
    options.threads = threads;
    options.demultiplexer = mechanism;
    options.post_capacity = post_capacity;
    reactor = std::move(*Reactor::open(options));
    for (std::size_t i = 0; i < guests; ++i) add();
  }
  ~Pool() { stop(); }

  Place& add(strata::Adopt_Options options = {}) {
    auto pair = std::move(*os::socket_pair());
    auto guest = std::make_unique<Guest>(std::move(pair.first));
    Guest* borrowed = guest.get();
    const Handler_Ref ref = *reactor->adopt(std::move(guest), Event_Mask::input, options);
    places.push_back({borrowed, ref, std::move(pair.second)});
    return places.back();
  }
  void start() {
    runner = std::move(*os::spawn("runs", [this] { ran = reactor->run(); }));
  }
  void stop() {
    if (!runner.joinable()) return;
    reactor->stop();
    runner.join();
    CPPUNIT_ASSERT(ran.has_value());
  }
  void say(std::size_t place, std::string_view text = "x") {
    while (!os::send(places[place].peer.get(), strata::as_bytes(text))) std::this_thread::yield();  // it is full
  }

  std::unique_ptr<Reactor> reactor;
  std::vector<Place> places;
  os::Thread runner;
  Result<> ran;
};

/// Whether that comes to be true within ten seconds.
template <class Such>
  requires requires(Such such) { bool{such()}; }
bool comes(Such such) {
  const auto clock = os::native_operations().monotonic_ns;
  const std::int64_t limit = clock() + 10'000'000'000;
  while (!such() && clock() < limit) std::this_thread::yield();
  return such();
}
/// Whether it comes down within ten seconds.
inline bool comes(const std::latch& latch) {
  return comes([&latch] { return latch.try_wait(); });
}

/// Counts waits without end that begin, on every mechanism.
class Watched_Waits {
 public:
  Watched_Waits() : table_(watching()), scope_(table_) { begun = 0; }
  static std::uint64_t so_far() { return begun; }
  /// One after so many; false: none within ten seconds.
  static bool one_begins(std::uint64_t before) {
    const auto clock = os::native_operations().monotonic_ns;
    const std::int64_t limit = clock() + 10'000'000'000;
    while (begun == before && clock() < limit) std::this_thread::yield();
    return begun != before;
  }

 private:
  static inline std::atomic<std::uint64_t> begun = 0;
  static os::Operations watching() {
    os::Operations table = os::native_operations();
    table.epoll_wait = [](os::Handle epoll, epoll_event* events, int capacity, strata::Duration timeout) {
      begun += timeout < 0ns ? 1 : 0;
      return os::native_operations().epoll_wait(epoll, events, capacity, timeout);
    };
    table.poll = [](pollfd* all, std::size_t count, strata::Duration timeout) {
      begun += timeout < 0ns ? 1 : 0;
      return os::native_operations().poll(all, count, timeout);
    };
    table.select = [](int limit, void* readable, void* writable, void* broken, strata::Duration timeout) {
      begun += timeout < 0ns ? 1 : 0;
      return os::native_operations().select(limit, readable, writable, broken, timeout);
    };
    table.ring_enter = [](io_uring* ring, unsigned wanted, strata::Duration timeout) {
      begun += wanted != 0 && timeout < 0ns ? 1 : 0;
      return os::native_operations().ring_enter(ring, wanted, timeout);
    };
    return table;
  }
  os::Operations table_;
  os::Operations_Scope scope_;
};

/// Runs `test(dispatch, mechanism)` over both pools on every mechanism.
template <class Test>
void on_each_pool(Test test) {
  for (const std::string_view mechanism : mechanisms()) {
    for (const Dispatch dispatch : {Dispatch::worker_pool, Dispatch::leader_followers}) test(dispatch, mechanism);
  }
}

}  // namespace strata_test
