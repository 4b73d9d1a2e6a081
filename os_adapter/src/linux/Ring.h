// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include <liburing.h>
#include <unistd.h>

#include <strata/os/Clock.h>
#include <strata/os/Result.h>

#include "common/Seam.h"

namespace strata::inline v1::os::native {

/// User data of completions: of a poll or a cancellation with this bit; without, a Submission's address.
inline constexpr std::uint64_t poll_mark = std::uint64_t{1} << 63;
inline constexpr std::uint64_t nobody = poll_mark | 0xffffffff;  ///< a cancellation: the handle -1

/// An io_uring and its next batch. One for one thread (IORING_SETUP_DEFER_TASKRUN) belongs to the one that opened it:
/// what happens to its handles waits for that thread's next call, instead of interrupting it.
class Ring {
 public:
  static constexpr unsigned submissions = 256;    ///< of a batch; a longer one is handed over in parts
  static constexpr unsigned completions = 4'096;  ///< beyond them the kernel keeps a list (IORING_FEAT_NODROP)

  Ring() noexcept = default;
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  ~Ring() { close(); }

  Result<> open(bool for_one_thread) noexcept {
    Raw raw = raw_error(std::errc::not_supported);
    if (for_one_thread) raw = retry(table().ring_open, &ring_, submissions, completions, true);
    thread_ = raw >= 0 ? this_thread() : 0;
    if (raw == raw_error(std::errc::not_supported)) {
      raw = retry(table().ring_open, &ring_, submissions, completions, false);
    }
    open_ = raw >= 0;
    process_ = ::getpid();
    return done(raw);
  }
  void close() noexcept {
    if (!std::exchange(open_, false)) return;
    if (process_ == ::getpid()) {
      io_uring_queue_exit(&ring_);
    } else {  // a parent's: there is nothing to unmap
      os::close(Handle{ring_.ring_fd});
    }
  }

  bool is_open() const noexcept { return open_; }
  bool is_for_one() const noexcept { return thread_ != 0; }  ///< Linux 6.1 or later
  bool is_foreign() const noexcept { return thread_ != 0 && thread_ != this_thread(); }
  io_uring* native() noexcept { return &ring_; }

  /// The next free entry of a batch; null: the kernel takes no more now.
  io_uring_sqe* next_entry() noexcept {
    if (io_uring_sqe* const entry = io_uring_get_sqe(&ring_)) return entry;
    (void)hand_over();
    return io_uring_get_sqe(&ring_);
  }
  Raw hand_over() noexcept { return retry(table().ring_enter, &ring_, 0u, Duration::zero()); }

  /// The kernel has not told all: it tells some 20 of a deferred batch a call, and what its queue has room for. A hint:
  /// the flag may be set for what was told meanwhile (io_req_local_work_add()), and then stays.
  bool has_more() const noexcept {
    return (IO_URING_READ_ONCE(*ring_.sq.kflags) & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
  }

 private:
  /// Never the number of a thread that has ended, as its id may be.
  static std::uint64_t this_thread() noexcept {
    static std::atomic<std::uint64_t> threads{0};
    thread_local const std::uint64_t number = threads.fetch_add(1, std::memory_order_relaxed) + 1;
    return number;
  }

  io_uring ring_{};
  bool open_ = false;
  pid_t process_ = 0;
  std::uint64_t thread_ = 0;  // whose ring it is; 0: anybody's
};

}  // namespace strata::inline v1::os::native
