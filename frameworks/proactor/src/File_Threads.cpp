// SPDX-License-Identifier: Apache-2.0
#include "File_Threads.h"

#include <mutex>
#include <utility>

namespace strata {
inline namespace v1 {

Result<> File_Threads::start() noexcept {
  if (pool_ != nullptr) return {};
  Result<std::unique_ptr<Thread_Pool>> opened = Thread_Pool::open({.threads = threads_, .name = "files"});
  if (!opened) return fail(opened.error());
  if (const Result<> begun = (*opened)->start(); !begun) return begun;
  pool_ = std::move(*opened);
  return {};
}

Result<> File_Threads::give(Asynch_Operation& operation) noexcept {
  const std::lock_guard held{monitor_};
  if (const Result<> ready = start(); !ready) return ready;
  if (working_ < threads_) {
    const Result<> posted = pool_->post([this] { work(); });
    if (posted) ++working_;
    if (working_ == 0) return posted;
  }
  operation.next_waiting = nullptr;
  operation.waiting_before = last_;
  (last_ == nullptr ? first_ : last_->next_waiting) = &operation;
  last_ = &operation;
  operation.waiting = true;
  return {};
}

bool File_Threads::take_back(Asynch_Operation& operation) noexcept {
  const std::lock_guard held{monitor_};
  if (!operation.waiting) return false;
  remove(operation);
  return true;
}

void File_Threads::remove(Asynch_Operation& one) noexcept {
  (one.waiting_before == nullptr ? first_ : one.waiting_before->next_waiting) = one.next_waiting;
  (one.next_waiting == nullptr ? last_ : one.next_waiting->waiting_before) = one.waiting_before;
  one.waiting = false;
}

Asynch_Operation* File_Threads::next() noexcept {
  const std::lock_guard held{monitor_};
  Asynch_Operation* const one = first_;
  if (one == nullptr) {
    --working_;
  } else {
    remove(*one);
  }
  return one;
}

void File_Threads::work() noexcept {
  while (Asynch_Operation* const one = next()) one->do_on_a_thread();
}

void File_Threads::end() noexcept {
  if (pool_ != nullptr) pool_->stop();
}

}  // namespace v1
}  // namespace strata
