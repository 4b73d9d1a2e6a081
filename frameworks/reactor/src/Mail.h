// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include <strata/os/Result.h>
#include <strata/timers/Callback.h>
#include <strata/timers/Timer_Id.h>

namespace strata {
inline namespace v1 {

class Event_Handler;

/// What waits for a handler of a pool, or for the reactor's own strand, beside I/O: one of a post, a due timer, a hook.
struct Mail {
  using Hook = Result<> (*)(Event_Handler&, void*);

  Mail* next = nullptr;
  std::uint64_t token = 0;  ///< whom it is for; 0: the reactor
  Callback callback;        ///< a post
  Timer_Id timer;
  Hook hook = nullptr;
};

/// Mail in order. One word: it points at the last, and that at the first.
class Mail_List {
 public:
  bool empty() const noexcept { return last_ == nullptr; }
  void push(Mail& mail) noexcept {
    mail.next = last_ == nullptr ? &mail : last_->next;
    if (last_ != nullptr) last_->next = &mail;
    last_ = &mail;
  }
  Mail* pop() noexcept {
    if (last_ == nullptr) return nullptr;
    Mail* const first = last_->next;
    if (first == last_) {
      last_ = nullptr;
    } else {
      last_->next = first->next;
    }
    return first;
  }
  Mail_List take() noexcept {
    Mail_List all;
    std::swap(all.last_, last_);
    return all;
  }
  template <class Visitor>
  void for_each(Visitor&& visit) const {
    if (last_ == nullptr) return;
    const Mail* mail = last_;
    do {
      mail = mail->next;
      visit(*mail);
    } while (mail != last_);
  }

 private:
  Mail* last_ = nullptr;
};

/// Makes mail and takes it back: as much memory as was ever needed at once. @threads under the pool's monitor
class Mail_Office {
 public:
  /// Null when memory is out.
  Mail* make() noexcept {
    if (free_.empty() && !grow()) return nullptr;
    ++out_;
    return free_.pop();
  }
  void take_back(Mail& mail) noexcept {  ///< its callback has been cleared
    mail.token = 0;
    mail.timer = {};
    mail.hook = nullptr;
    free_.push(mail);
    --out_;
  }
  std::size_t out() const noexcept { return out_; }

 private:
  static constexpr std::size_t block_size = 64;

  bool grow() noexcept try {
    blocks_.reserve(blocks_.size() + 1);
    std::unique_ptr<Mail[]> block{new (std::nothrow) Mail[block_size]};
    if (!block) return false;
    for (std::size_t i = 0; i < block_size; ++i) free_.push(block[i]);
    blocks_.push_back(std::move(block));
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }

  std::vector<std::unique_ptr<Mail[]>> blocks_;
  Mail_List free_;
  std::size_t out_ = 0;
};

}  // namespace v1
}  // namespace strata
