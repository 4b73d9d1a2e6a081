// SPDX-License-Identifier: Apache-2.0
#include <strata_test/Virtual_Time.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <iostream>
#include <limits>
#include <map>
#include <mutex>
#include <span>
#include <system_error>
#include <thread>
#include <vector>

namespace strata_test {
namespace {

using strata::Duration;
using strata::os::Handle;
using strata::os::Operations;
using strata::os::Raw;

constexpr std::int64_t no_alarm = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t epoch = 3'600'000'000'000;  // an hour: room to look back

const Operations* below = nullptr;  // the table that the clock lies over
std::atomic<std::int64_t> now_ns{epoch};

/// What stands in for timers of the system: counters that are raised when the clock has come so far.
class Alarms {
 public:
  Raw set(Handle alarm, std::int64_t at) {
    {
      const std::lock_guard lock{mutex_};
      due_[alarm.value()] = at;
    }
    ring();
    return 0;
  }
  void clear() {
    const std::lock_guard lock{mutex_};
    due_.clear();
  }
  void forget(Handle alarm) {
    const std::lock_guard lock{mutex_};
    due_.erase(alarm.value());
  }
  /// When the next one rings, or no_alarm.
  std::int64_t next() {
    const std::lock_guard lock{mutex_};
    std::int64_t first = no_alarm;
    for (const auto& [alarm, at] : due_) first = std::min(first, at);
    return first;
  }
  void ring() {
    const std::lock_guard lock{mutex_};
    std::erase_if(due_, [](const auto& entry) {
      if (entry.second > now_ns) return false;
      const std::uint64_t one = 1;
      const auto bytes = std::as_bytes(std::span{&one, 1});
      below->write(Handle{entry.first}, bytes.data(), bytes.size());
      return true;
    });
  }

 private:
  std::mutex mutex_;
  std::map<std::int32_t, std::int64_t> due_;
};
Alarms alarms;

/// `attempt(timeout)` is the real wait. Loopback delivery may be left to a kernel thread (ksoftirqd) on a busy machine:
/// yielding before the clock moves lets it run first.
template <class Attempt>
Raw wait(Duration timeout, Attempt attempt) {
  for (int look = 0; look < 3; ++look) {
    if (const Raw ready = attempt(Duration::zero()); ready != 0) return ready;
    if (timeout == Duration::zero()) return 0;
    std::this_thread::yield();
  }
  const std::int64_t next = alarms.next();
  if (next != no_alarm && (timeout < Duration::zero() || next <= now_ns + timeout.count())) {
    now_ns = std::max(now_ns.load(), next);
    alarms.ring();
    return attempt(Duration::zero());
  }
  if (timeout > Duration::zero()) {
    now_ns += timeout.count();
    return 0;
  }
  if (const Raw ready = attempt(Virtual_Time::patience); ready != 0) return ready;
  std::cerr << "Virtual_Time: a wait without timeout saw nothing for " << Virtual_Time::patience.count() << " s\n";
  return -static_cast<Raw>(std::errc::resource_deadlock_would_occur);
}

Raw epoll_wait(Handle epoll, epoll_event* events, int capacity, Duration timeout) {
  return wait(timeout, [=](Duration limit) { return below->epoll_wait(epoll, events, capacity, limit); });
}

Raw ring_enter(io_uring* ring, unsigned wanted, Duration timeout) {
  return wait(timeout, [=](Duration limit) { return below->ring_enter(ring, wanted, limit); });
}

Raw poll(pollfd* entries, std::size_t count, Duration timeout) {
  return wait(timeout, [=](Duration limit) { return below->poll(entries, count, limit); });
}

/// select(2) empties the sets when nothing is ready: each attempt starts with what was asked.
Raw select(int limit, void* readable, void* writable, void* broken, Duration timeout) {
  const std::size_t size = (static_cast<std::size_t>(limit) + 63) / 64 * 8;  // an fd_set is an array of long
  void* const sets[] = {readable, writable, broken};
  std::vector<std::byte> asked(3 * size);
  for (std::size_t i = 0; i < 3; ++i) {
    if (sets[i] != nullptr) std::memcpy(asked.data() + i * size, sets[i], size);
  }
  return wait(timeout, [&](Duration cap) {
    for (std::size_t i = 0; i < 3; ++i) {
      if (sets[i] != nullptr) std::memcpy(sets[i], asked.data() + i * size, size);
    }
    return below->select(limit, readable, writable, broken, cap);
  });
}

Operations virtual_operations() {
  assert(below == nullptr && "one Virtual_Time at a time");
  below = &strata::os::operations();
  now_ns = epoch;
  alarms.clear();
  Operations table = *below;
  table.monotonic_ns = [] { return now_ns.load(); };
  table.timer_open = [] { return below->event_open(); };
  table.timer_set = [](Handle alarm, std::int64_t at) { return alarms.set(alarm, at); };
  table.close = [](Handle handle) {
    alarms.forget(handle);
    return below->close(handle);
  };
  table.epoll_wait = epoll_wait;
  table.ring_enter = ring_enter;
  table.poll = poll;
  table.select = select;
  return table;
}

}  // namespace

Virtual_Time::Virtual_Time() : table_{virtual_operations()}, scope_{table_} {}
Virtual_Time::~Virtual_Time() { below = nullptr; }
void Virtual_Time::advance(Duration by) noexcept {
  now_ns += by.count();
  alarms.ring();
}
strata::Time_Point Virtual_Time::now() const noexcept { return strata::Time_Point{Duration{now_ns.load()}}; }

}  // namespace strata_test
