// SPDX-License-Identifier: Apache-2.0
#include <strata/concurrency/Reactor_Pool.h>

#include <algorithm>
#include <functional>
#include <mutex>
#include <new>
#include <string>
#include <utility>

namespace strata {
inline namespace v1 {

Result<std::unique_ptr<Reactor_Pool>> Reactor_Pool::open(Reactor& main, unsigned count,
                                                         const Reactor_Options& each) try {
  if (count == 0) return fail(std::errc::invalid_argument);
  std::unique_ptr<Reactor_Pool> pool{new Reactor_Pool{main}};
  pool->name_ = each.name;
  pool->cores_ = each.cores;
  for (unsigned i = 0; i < count; ++i) {
    Result<std::unique_ptr<Reactor>> reactor = Reactor::open(each);
    if (!reactor) return fail(reactor.error());
    pool->serving_.push_back(reactor->get());
    pool->reactors_.push_back(std::move(*reactor));
  }
  return pool;
} catch (const std::bad_alloc&) {
  return fail(std::errc::not_enough_memory);
}

Reactor_Pool::~Reactor_Pool() { stop(); }

Result<> Reactor_Pool::start() try {
  threads_.reserve(reactors_.size());
  begun_.assign(reactors_.size(), false);
  for (std::size_t i = 0; i < reactors_.size(); ++i) {
    Reactor& one = *reactors_[i];
    Result<os::Thread> thread = os::spawn_one_of(name_, i + 1, cores_, [this, &one, i] { run(one, i); });
    if (!thread) return stop(), fail(thread.error());
    threads_.push_back(std::move(*thread));
    // Until it runs, it is at home here: nobody may believe that any longer when this returns.
    const Result<> posted = one.post_reserved([this, i] { has_begun(i); });
    if (!posted) return stop(), fail(posted.error());
  }
  const std::lock_guard held{monitor_};
  while (!std::ranges::all_of(begun_, std::identity{})) changed_.wait(monitor_);
  return {};
} catch (const std::bad_alloc&) {
  return fail(std::errc::not_enough_memory);
}

void Reactor_Pool::has_begun(std::size_t index) noexcept {
  const std::lock_guard held{monitor_};
  begun_[index] = true;
  changed_.notify_one();
}

void Reactor_Pool::run(Reactor& one, std::size_t index) {
  const Result<> ran = one.run();
  one.end_operations();  // no other thread may
  if (ran) return;
  has_begun(index);  // it may never have come to that post
  (void)main_.post_reserved([this, &one, error = ran.error()] {  // refused: the main one ends, too
    if (failed_) failed_(one, error);
  });
}

void Reactor_Pool::stop() noexcept {
  // Only those that run: a stop before a run would end that one.
  for (std::size_t i = 0; i < threads_.size(); ++i) reactors_[i]->stop();
  threads_.clear();
}

}  // namespace v1
}  // namespace strata
