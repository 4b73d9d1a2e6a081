// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/Message_Queue.h>

#include <cassert>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <new>
#include <utility>

#include <strata/os/Monitor.h>

namespace strata {
inline namespace v1 {

/// Messages of each priority in their order; the highest first. A priority without messages has no entry.
struct Message_Queue::State {
  explicit State(Queue_Limits given) : limits(given) {
    assert(limits.low_bytes <= limits.high_bytes && limits.low_count <= limits.high_count);
  }

  using Lock = std::unique_lock<os::Monitor>;

  bool full() noexcept {
    if (bytes >= limits.high_bytes || count >= limits.high_count) blocked = true;
    if (blocked && bytes <= limits.low_bytes && count <= limits.low_count) blocked = false;
    return blocked;
  }

  /// Until `ready`, as long as nobody cancels.
  template <class Ready>
  Result<> wait(os::Condition& changed, Time_Point deadline, Ready ready) {
    const std::uint64_t generation = pulses;
    while (!ready()) {
      if (!active || pulses != generation) return fail(errc::canceled);
      const Result<Duration> left = os::time_left(deadline);
      if (!left) return fail(left.error());
      changed.wait(monitor, *left);
    }
    return {};
  }

  Message_Block take() {
    auto first = messages.begin();
    while (first->second.empty()) first = messages.erase(first);  // of one that found no memory
    Message_Block message = std::move(first->second.front());
    first->second.pop_front();
    if (first->second.empty()) messages.erase(first);
    --count;
    bytes -= message.length();
    return message;
  }

  const Queue_Limits limits;
  os::Monitor monitor;
  os::Condition filled, emptied;
  std::map<std::uint64_t, std::deque<Message_Block>, std::greater<>> messages;
  std::size_t count = 0, bytes = 0;
  bool active = true, blocked = false;
  std::uint64_t pulses = 0;
  std::function<void()> notify;
};

namespace {

constexpr std::uint64_t before_all = std::uint64_t{1} << 32;  // above every priority

}  // namespace

Message_Queue::Message_Queue(Queue_Limits limits) : state_(std::make_unique<State>(limits)) {}

Message_Queue::~Message_Queue() = default;

Result<> Message_Queue::enqueue(Message_Block&& message, Time_Point deadline, std::uint32_t priority) {
  return put(std::move(message), deadline, [priority](State& state, Message_Block&& one) {
    state.messages[priority].push_back(std::move(one));
  });
}

Result<> Message_Queue::enqueue_head(Message_Block&& message, Time_Point deadline) {
  return put(std::move(message), deadline, [](State& state, Message_Block&& one) {
    state.messages[before_all].push_front(std::move(one));
  });
}

template <class Place>
Result<> Message_Queue::put(Message_Block&& message, Time_Point deadline, Place place) try {
  State& state = *state_;
  State::Lock lock{state.monitor};
  if (!state.active) return fail(errc::canceled);
  const Result<> room = state.wait(state.emptied, deadline, [&] { return state.active && !state.full(); });
  if (!room) return room;
  const std::size_t size = message.length();
  place(state, std::move(message));
  state.bytes += size;
  const bool first = state.count++ == 0;
  state.filled.notify_one();
  lock.unlock();
  if (first && state.notify) state.notify();
  return {};
} catch (const std::bad_alloc&) {
  return fail(std::errc::not_enough_memory);
}

Result<> Message_Queue::await_room(Time_Point deadline) {
  State& state = *state_;
  const State::Lock lock{state.monitor};
  return state.wait(state.emptied, deadline, [&] { return state.active && !state.full(); });
}

Result<Message_Block> Message_Queue::dequeue(Time_Point deadline) {
  State& state = *state_;
  State::Lock lock{state.monitor};
  const Result<> there = state.wait(state.filled, deadline, [&] { return state.count != 0; });
  if (!there) return fail(there.error());
  Message_Block message = state.take();
  if (!state.full()) state.emptied.notify_all();
  return message;
}

void Message_Queue::deactivate() noexcept {
  const State::Lock lock{state_->monitor};
  state_->active = false;
  ++state_->pulses;  // also for one who wakes only after `activate`
  state_->filled.notify_all();
  state_->emptied.notify_all();
}

void Message_Queue::activate() noexcept {
  const State::Lock lock{state_->monitor};
  state_->active = true;
}

void Message_Queue::pulse() noexcept {
  const State::Lock lock{state_->monitor};
  ++state_->pulses;
  state_->filled.notify_all();
  state_->emptied.notify_all();
}

std::size_t Message_Queue::flush() noexcept {
  decltype(State::messages) dropped;  // freed outside of the lock
  const State::Lock lock{state_->monitor};
  dropped.swap(state_->messages);
  state_->bytes = 0;
  state_->emptied.notify_all();
  return std::exchange(state_->count, 0);
}

void Message_Queue::when_filled(std::function<void()> callback) {
  const State::Lock lock{state_->monitor};
  state_->notify = std::move(callback);
}

bool Message_Queue::active() const noexcept {
  const State::Lock lock{state_->monitor};
  return state_->active;
}

bool Message_Queue::full() const noexcept {
  const State::Lock lock{state_->monitor};
  return state_->full();
}

std::size_t Message_Queue::count() const noexcept {
  const State::Lock lock{state_->monitor};
  return state_->count;
}

std::size_t Message_Queue::bytes() const noexcept {
  const State::Lock lock{state_->monitor};
  return state_->bytes;
}

}  // namespace v1
}  // namespace strata
