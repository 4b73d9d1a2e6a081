// SPDX-License-Identifier: Apache-2.0
#include <strata/concurrency/Task.h>

#include <atomic>
#include <cassert>
#include <new>
#include <utility>

#include <strata/os/Thread.h>

#include "Guarded_Call.h"
#include "Wait_Graph.h"

namespace strata {
inline namespace v1 {

class Task::State final : public Served {
 public:
  explicit State(Queue_Limits limits) : queue(limits) {}

  Message_Queue queue;
  std::vector<os::Thread> threads;
  std::atomic<bool> active{false};
  Guarded_Call guarded;

 private:
  bool full() noexcept override { return queue.full(); }
  Result<> wait_for_room(Time_Point deadline) override { return queue.await_room(deadline); }
};

Task::Task(Queue_Limits limits) : state_(std::make_unique<State>(limits)) {}

Task::~Task() { assert(!active() && "stop() belongs into the subclass's destructor"); }

Result<> Task::activate(const Task_Options& options) try {
  if (options.threads == 0) return fail(std::errc::invalid_argument);
  assert(!active());
  state_->threads.reserve(options.threads);
  state_->enlist(options.threads);
  state_->queue.activate();
  state_->active = true;
  for (unsigned i = 0; i < options.threads; ++i) {
    Result<os::Thread> thread = os::spawn_one_of(options.name, i + 1, options.cores, [this] {
      const Served::Serving serving{*state_};
      svc();
    });
    if (!thread) return state_->discharge(options.threads - i), stop(), fail(thread.error());
    state_->threads.push_back(std::move(*thread));
  }
  return {};
} catch (const std::bad_alloc&) {
  return fail(std::errc::not_enough_memory);
}

void Task::stop() noexcept {
  state_->queue.deactivate();
  state_->threads.clear();
  state_->active = false;
}

Result<> Task::put(Message_Block&& message, Time_Point deadline, std::uint32_t priority) {
  for (;;) {
    const Result<> put = state_->queue.enqueue(std::move(message), Time_Point{}, priority);
    if (put || put.error() != std::errc::timed_out || deadline == Time_Point{}) return put;
    if (const Result<> room = state_->await_room(deadline); !room) return room;
  }
}

void Task::svc() {
  for (;;) {
    Result<Message_Block> message = state_->queue.dequeue();
    if (message) {
      auto handle = [&] { handle_message(std::move(*message)); };
      state_->guarded.call("a task", handle);
    } else if (!state_->queue.active()) {  // else it was only pulsed
      return;
    }
  }
}

Message_Queue& Task::queue() noexcept { return state_->queue; }

bool Task::active() const noexcept { return state_->active; }

std::size_t Task::exceptions() const noexcept { return state_->guarded.exceptions(); }

}  // namespace v1
}  // namespace strata
