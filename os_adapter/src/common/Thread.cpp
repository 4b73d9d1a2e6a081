// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Thread.h>

#include <memory>
#include <new>
#include <utility>

#include "common/Seam.h"

namespace strata::inline v1::os {
namespace {

using Body = std::move_only_function<void()>;

void run(void* argument) {
  const std::unique_ptr<Body> body{static_cast<Body*>(argument)};
  (*body)();
}

}  // namespace

Thread::Thread(Thread&& other) noexcept : id_(std::exchange(other.id_, 0)) {}

Thread& Thread::operator=(Thread&& other) noexcept {
  if (this == &other) return *this;
  join();
  id_ = std::exchange(other.id_, 0);
  return *this;
}

Thread::~Thread() { join(); }

void Thread::join() noexcept {
  if (id_ != 0) retry(table().thread_join, std::exchange(id_, 0));
}

Result<Thread> spawn(std::string name, std::move_only_function<void()> body, int core) {
  std::unique_ptr<Body> owned_body{new (std::nothrow) Body{std::move(body)}};
  if (!owned_body) return fail(std::errc::not_enough_memory);
  Thread thread;
  const Raw raw = retry(table().thread_start, Thread_Start{name.c_str(), run, owned_body.get(), &thread.id_, core});
  if (raw < 0) return failure(raw);
  static_cast<void>(owned_body.release());  // the thread's now
  return thread;
}

Result<Thread> spawn_one_of(const std::string& name, std::size_t number, std::span<const int> cores, Body body) try {
  const int core = cores.empty() ? -1 : cores[(number - 1) % cores.size()];
  return spawn(name + '/' + std::to_string(number), std::move(body), core);
} catch (const std::bad_alloc&) {
  return fail(std::errc::not_enough_memory);
}

}  // namespace strata::inline v1::os
