// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <new>
#include <utility>
#include <vector>

#include <liburing.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>

#include <strata/os/Monitor.h>
#include <strata/os/Waker.h>

#include "common/Seam.h"
#include "linux/Event_Bits.h"
#include "linux/Native.h"
#include "linux/Ring.h"
#include "linux/Ring_Port.h"

namespace strata::inline v1::os::native {
namespace {

constexpr unsigned for_one_thread = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG;
constexpr Duration a_moment = std::chrono::milliseconds{1};
constexpr Duration longest = std::chrono::hours{24 * 20};  // the kernel adds its clock, and would overflow

std::atomic<unsigned> forks{0};  // of this process' ancestors since the first ring

/// fork(2) gives the child the ring's descriptor; whatever it did there would be done to the parent's set.
void count_forks() {
  [[maybe_unused]] static const int registered =
      pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); });
}

/// Polls of an io_uring, one a handle. What is to be polled is listed and handed over by the one system call of `wait`:
/// - With input wanted a poll is for one event. It is made anew by the next wait, which looks at the handle: hence
///   level-triggered, and a handle whose event was reported costs nothing to remove or to close.
/// - Without, it stays (IORING_POLL_ADD_MULTI): the kernel always wakes for POLLRDHUP, and a poll for one event would
///   end at once, again and again, where the peer has sent FIN. After an event that was wanted it, too, is made anew.
/// - A waker's stays for good: each write is an event.
///
/// A poll holds its file open, so `remove` and `forget` of a handle that is being polled take it back at once: else the
/// peer would not see the FIN before the next wait. Whatever completes for a poll that was taken back carries an old
/// generation. A poll belongs to the thread that handed it over and ends with it: it is made anew.
///
/// The ring is for one thread. Where another one waits, a ring of that thread's takes its place; where that goes on, as
/// in a pool, one that is anybody's. Only then do the files of its polls stay open a moment longer. Operations do not
/// move: while there are any, another thread's wait is refused.
///
/// The rings are not inherited: in a forked child every operation is refused with operation_not_permitted.
class Uring_Demultiplexer final : public Demultiplexer {
 public:
  Uring_Demultiplexer() noexcept = default;
  Uring_Demultiplexer(const Uring_Demultiplexer&) = delete;
  Uring_Demultiplexer& operator=(const Uring_Demultiplexer&) = delete;

  /// The kernel would let go of the files some time later.
  ~Uring_Demultiplexer() override {
    if (forked() || !ring_.is_open() || ring_.is_foreign()) return;
    if (io_uring_sqe* const entry = ring_.next_entry()) {
      io_uring_prep_cancel64(entry, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
      entry->user_data = nobody;
      (void)ring_.hand_over();
    }
  }

  /// Sets the ring up and tries it: what is forbidden may be forbidden call by call (seccomp(2)).
  Result<> open() {
    count_forks();
    forks_ = forks.load(std::memory_order_relaxed);
    if (const Result<> opened = ring_.open(true); !opened) return opened;
    const Result<Waker> probed = Waker::open();
    if (!probed) return std::unexpected{probed.error()};
    const Handle handle = probed->handle();
    if (const Result<> added = add(handle, Interest::both, 1); !added) return added;
    Ready ready[1];
    Result<std::size_t> found = wait(ready, Duration::zero());
    if (found == std::size_t{0}) found = wait(ready, Duration::zero());  // the first was interrupted
    if (!found) return std::unexpected{found.error()};
    if (*found != 1 || ready[0].token != 1 || ready[0].set != Ready::output) return fail(std::errc::not_supported);
    return remove(handle);
  }

  std::string_view name() const noexcept override { return "io_uring"; }
  Completion_Port* completion_port() noexcept override { return &port_; }

  Result<> share() override {
    port_.share();
    moves_ = 2;
    return move();
  }

  Result<> add(Handle handle, Interest interest, std::uint64_t token) override {
    return insert(handle, interest, token, 0);
  }
  Result<> add_shared(Handle handle, Interest interest, std::uint64_t token) override {
    return insert(handle, interest, token, Slot::shared);
  }
  Result<bool> add_waker(Handle handle, std::uint64_t token) override {
    if (const auto added = insert(handle, Interest::input, token, Slot::waker); !added) {
      return std::unexpected{added.error()};
    }
    return true;
  }

  /// The number may stand for another file by now: the poll is always made anew.
  Result<> modify(Handle handle, Interest interest, std::uint64_t token) override {
    if (forked()) return fail(std::errc::operation_not_permitted);
    Slot* const slot = find(handle);
    if (slot == nullptr) return fail(std::errc::no_such_file_or_directory);
    slot->token = token;
    slot->interest = interest;
    list(*slot, handle);
    return {};
  }

  Result<> remove(Handle handle) override {
    if (forked()) return fail(std::errc::operation_not_permitted);
    Slot* const slot = find(handle);
    if (slot == nullptr) return fail(std::errc::no_such_file_or_directory);
    slot->flags &= Slot::listed | Slot::armed;
    if (!slot->has(Slot::armed)) return {};
    if (!ring_.is_open() || ring_.is_foreign()) return move();
    if (!disarm(*slot, handle)) return fail(std::errc::resource_unavailable_try_again);
    return done(ring_.hand_over());
  }

  void forget(Handle handle) noexcept override { (void)remove(handle); }

  Result<std::size_t> wait(std::span<Ready> out, Duration timeout) override {
    if (forked()) return fail(std::errc::operation_not_permitted);
    if (out.empty()) return fail(std::errc::invalid_argument);
    if (!ring_.is_open() || ring_.is_foreign()) [[unlikely]] {
      if (const Result<> moved = move(); !moved) return std::unexpected{moved.error()};
    }
    ++turn_;
    completed_ = false;
    const Result<std::size_t> count = collect(out, std::min(timeout, longest));
    full_ = count == out.size();
    return count;
  }

 private:
  struct Slot {
    static constexpr std::uint8_t used = 1;
    static constexpr std::uint8_t armed = 2;   ///< the kernel polls it
    static constexpr std::uint8_t listed = 4;  ///< in `listed_`: to be polled anew by the next wait
    static constexpr std::uint8_t looked = 8;  ///< an error or a hang-up was seen; the next look tells all
    static constexpr std::uint8_t shared = 16;
    static constexpr std::uint8_t waker = 32;
    bool has(std::uint8_t flag) const noexcept { return (flags & flag) != 0; }

    std::uint64_t token = 0;
    std::uint64_t turn = 0;        ///< of the wait that has reported it last
    std::uint64_t armed_in = 0;    ///< the turn in which its poll was made
    std::uint32_t generation = 0;  ///< of its poll, 31 bits: what an older one brings counts for nothing
    Interest interest = Interest::none;
    std::uint8_t flags = 0;
  };

  /// All polls end with the old ring. Where no new one can be had, the next wait tries again.
  Result<> move() noexcept {
    if (port_.in_kernel()) return fail(std::errc::operation_not_permitted);
    ring_.close();
    port_.moved();
    ++moves_;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      Slot& slot = slots_[i];
      if (!slot.has(Slot::armed)) continue;
      slot.flags = static_cast<std::uint8_t>(slot.flags & ~Slot::armed);
      renew(slot);
      if (slot.has(Slot::used)) list(slot, Handle{static_cast<std::int32_t>(i)});
    }
    return ring_.open(moves_ <= 1);
  }

  bool forked() const noexcept { return forks_ != forks.load(std::memory_order_relaxed); }

  static std::uint64_t user_data(const Slot& slot, Handle handle) noexcept {
    return poll_mark | std::uint64_t{slot.generation} << 32 | static_cast<std::uint32_t>(handle.value());
  }

  Slot* find(Handle handle) noexcept {
    const auto index = static_cast<std::size_t>(static_cast<std::uint32_t>(handle.value()));
    return index < slots_.size() && slots_[index].has(Slot::used) ? &slots_[index] : nullptr;
  }

  Result<> insert(Handle handle, Interest interest, std::uint64_t token, std::uint8_t kind) try {
    if (forked()) return fail(std::errc::operation_not_permitted);
    const Raw regular = retry(table().is_regular_file, handle);
    if (regular < 0) return failure(regular);
    if (regular > 0) return fail(std::errc::operation_not_permitted);
    if (find(handle) != nullptr) return fail(std::errc::file_exists);
    const auto index = static_cast<std::size_t>(handle.value());
    if (index >= slots_.size()) {
      const std::size_t size = std::max({index + 1, 2 * slots_.size(), std::size_t{256}});
      listed_.reserve(size);  // so that to list one never needs memory
      slots_.resize(size);
    }
    Slot& slot = slots_[index];
    slot.token = token;
    slot.interest = interest;
    slot.flags = static_cast<std::uint8_t>((slot.flags & (Slot::listed | Slot::armed)) | Slot::used | kind);
    list(slot, handle);
    return {};
  } catch (const std::bad_alloc&) {
    return fail(std::errc::not_enough_memory);
  }

  void list(Slot& slot, Handle handle) noexcept {
    if (slot.has(Slot::listed)) return;
    slot.flags |= Slot::listed;
    listed_.push_back(handle);
  }

  static void renew(Slot& slot) noexcept { slot.generation = (slot.generation + 1) & 0x7fffffff; }

  bool disarm(Slot& slot, Handle handle) noexcept {
    io_uring_sqe* const entry = ring_.next_entry();
    if (entry == nullptr) return false;
    io_uring_prep_poll_remove(entry, user_data(slot, handle));
    entry->user_data = nobody;
    entry->flags = IOSQE_CQE_SKIP_SUCCESS;
    slot.flags = static_cast<std::uint8_t>(slot.flags & ~Slot::armed);
    renew(slot);
    return true;
  }

  bool arm(Slot& slot, Handle handle) noexcept {
    if (slot.has(Slot::armed) && !disarm(slot, handle)) return false;
    if (slot.has(Slot::used)) {
      io_uring_sqe* const entry = ring_.next_entry();
      if (entry == nullptr) return false;
      const bool stays = slot.has(Slot::waker) || !any(slot.interest & Interest::input);
      io_uring_prep_poll_add(entry, handle.value(),
                             events_of(slot.interest) | (slot.has(Slot::shared) && !stays ? EPOLLEXCLUSIVE : 0u));
      entry->len = stays ? IORING_POLL_ADD_MULTI : 0;
      entry->user_data = user_data(slot, handle);
      slot.flags |= Slot::armed;
      slot.armed_in = turn_;
    }
    slot.flags = static_cast<std::uint8_t>(slot.flags & ~Slot::listed);
    return true;
  }

  Result<> arm_listed() noexcept {
    const auto stopped = std::ranges::find_if_not(
        listed_, [this](Handle handle) { return arm(slots_[static_cast<std::size_t>(handle.value())], handle); });
    listed_.erase(listed_.begin(), stopped);
    if (!listed_.empty() || !port_.hand_over()) return fail(std::errc::resource_unavailable_try_again);
    return {};
  }

  /// What came for polls of the past, or is of no interest, ends no wait.
  Result<std::size_t> collect(std::span<Ready> out, Duration timeout) {
    const bool limited = timeout > Duration::zero();
    const Time_Point end = limited ? Clock::now() + timeout : Time_Point{};
    std::size_t count = 0;
    bool anew = true, again = full_ && ring_.has_more();  // what had no room goes before what is polled anew
    for (;;) {
      if (anew && !again) {
        if (const Result<> armed = arm_listed(); !armed) return std::unexpected{armed.error()};
        anew = false;
        count += port_.take_ended(out.subspan(count));
      }
      const bool blocks = count == 0 && !again && timeout != Duration::zero() && !port_.hungry() &&
                          io_uring_cq_ready(ring_.native()) == 0;
      const Raw raw = table().ring_enter(ring_.native(), blocks ? 1u : 0u, blocks ? timeout : Duration::zero());
      if (raw == interrupted || (raw < 0 && count > 0)) return count;
      if (raw < 0 && io_uring_cq_ready(ring_.native()) == 0) {  // else room is made first: EBUSY
        if (raw != -EAGAIN && raw != -EBUSY) return failure(raw);
        os::pause(a_moment);  // the kernel has no room now: nothing came
        return 0;
      }
      count += reap(out.subspan(count));
      // What completed has brought bytes that are in the caches now: the rest comes with the next wait.
      again = std::exchange(look_again_, false) || (raw > 0 && !completed_ && ring_.has_more());
      if (count == out.size() || !(again || anew)) {
        if (count > 0 || timeout == Duration::zero() || (blocks && raw == 0)) return count;
        if (limited) timeout = std::max(end - Clock::now(), Duration::zero());
        anew = true;
      }
    }
  }

  std::size_t reap(std::span<Ready> out) noexcept {
    std::size_t count = 0;
    unsigned seen = 0, head = 0;
    io_uring_cqe* completion = nullptr;
    io_uring_for_each_cqe(ring_.native(), head, completion) {
      if (count == out.size()) break;
      ++seen;
      const bool polled = (completion->user_data & poll_mark) != 0;
      if (polled ? settle(*completion, out[count]) : complete(*completion, out[count])) ++count;
    }
    io_uring_cq_advance(ring_.native(), seen);
    return count;
  }

  bool complete(const io_uring_cqe& completion, Ready& ready) noexcept {
    if (!port_.settle(completion, ready)) return false;
    completed_ = true;
    return true;
  }

  /// What the kernel tells is what woke the poll: a part of the state, or for a pipe more than that (pipe_release()). A
  /// reset would come without the bytes before it. A poll made anew looks at all.
  bool is_doubtful(const Slot& slot, std::uint32_t events) const noexcept {
    const bool whole = slot.armed_in == turn_ || slot.interest != Interest::both;
    return (events & (EPOLLERR | EPOLLHUP)) != 0 || (!whole && (~events & (EPOLLIN | EPOLLOUT)) != 0);
  }

  /// Whether it is to be reported, and then what.
  bool settle(const io_uring_cqe& completion, Ready& ready) noexcept {
    const Handle handle{static_cast<std::int32_t>(completion.user_data & 0xffffffff)};
    Slot* const slot = find(handle);
    if (slot == nullptr || completion.user_data != user_data(*slot, handle)) return false;
    const bool ended = (completion.flags & IORING_CQE_F_MORE) == 0;
    if (ended) slot->flags = static_cast<std::uint8_t>(slot->flags & ~Slot::armed);
    if (slot->has(Slot::listed)) return false;  // it is made anew in any case
    if (completion.res == -ECANCELED) return look_again(*slot, handle);  // the thread that made it has ended
    std::uint32_t events = completion.res < 0 ? EPOLLERR : static_cast<std::uint32_t>(completion.res);
    if ((events & POLLNVAL) != 0) events |= EPOLLERR;
    events &= events_of(slot->interest) | EPOLLERR | EPOLLHUP;
    const bool told = events == 0 || slot->turn == turn_;
    if (!told && completion.res >= 0 && !slot->has(Slot::looked) && is_doubtful(*slot, events)) {
      slot->flags |= Slot::looked;
      return look_again(*slot, handle);
    }
    if (ended || (events != 0 && !slot->has(Slot::waker))) list(*slot, handle);
    if (told) return false;
    slot->flags = static_cast<std::uint8_t>(slot->flags & ~Slot::looked);
    slot->turn = turn_;
    ready = {slot->token, ready_of(events)};
    return true;
  }

  /// Nothing to report yet.
  bool look_again(Slot& slot, Handle handle) noexcept {
    if (arm(slot, handle)) {
      look_again_ = true;
    } else {
      list(slot, handle);
    }
    return false;
  }

  Ring_Port port_{ring_};  // its buffers outlive the ring
  Ring ring_;
  unsigned moves_ = 0;       // to another thread
  bool full_ = false;        // the last wait had no room for more
  bool completed_ = false;   // this wait has told of an operation
  bool look_again_ = false;  // a poll was made anew whose event belongs into this wait
  unsigned forks_ = 0;
  std::uint64_t turn_ = 0;
  std::vector<Slot> slots_;     // by handle value
  std::vector<Handle> listed_;  // each once; room for all
};

}  // namespace

Raw ring_open(io_uring* ring, unsigned entries, unsigned most_completions, bool one_thread) {
  io_uring_params parameters{};
  parameters.flags = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | IORING_SETUP_SUBMIT_ALL |
                     (one_thread ? for_one_thread : 0u);
  parameters.cq_entries = most_completions;
  int result = io_uring_queue_init_params(entries, ring, &parameters);
  if (result < 0) return result == -EINVAL ? -EOPNOTSUPP : result;  // a flag is unknown: before Linux 6.1, or 5.18
  constexpr unsigned needed = IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG | IORING_FEAT_CQE_SKIP;
  result = (parameters.features & needed) != needed ? -EOPNOTSUPP : io_uring_ring_dontfork(ring);
  if (result < 0) io_uring_queue_exit(ring);
  return result;
}

Raw ring_lend(io_uring* ring, void* buffers, unsigned count, unsigned group) {
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uintptr_t>(buffers);
  registration.ring_entries = count;
  registration.bgid = static_cast<unsigned short>(group);
  return io_uring_register_buf_ring(ring, &registration, 0);
}

Raw ring_register(io_uring* ring, void* memory, std::size_t size) {
  (void)io_uring_unregister_buffers(ring);  // there may be none
  const iovec whole{memory, size};
  return size == 0 ? 0 : io_uring_register_buffers(ring, &whole, 1);
}

Raw ring_enter(io_uring* ring, unsigned wanted, Duration timeout) {
  int result = 0;
  if (wanted == 0 || timeout == Duration::zero()) {
    result = io_uring_submit_and_get_events(ring);
  } else if (timeout < Duration::zero()) {
    result = io_uring_submit_and_wait(ring, wanted);
  } else {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(timeout);
    __kernel_timespec span{.tv_sec = seconds.count(), .tv_nsec = (timeout - seconds).count()};
    io_uring_cqe* first = nullptr;
    result = io_uring_submit_and_wait_timeout(ring, &first, wanted, &span, nullptr);
  }
  if (result < 0 && result != -ETIME) return result;
  return io_uring_cq_ready(ring);
}

Result<std::unique_ptr<Demultiplexer>> open_io_uring() {
  auto opened = std::make_unique<Uring_Demultiplexer>();
  if (const Result<> done = opened->open(); !done) return std::unexpected{done.error()};
  return opened;
}

}  // namespace strata::inline v1::os::native
