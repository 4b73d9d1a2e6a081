// SPDX-License-Identifier: Apache-2.0
#include "linux/Ring_Port.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <new>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <strata/os/Socket_Address.h>

#include "linux/Event_Bits.h"
#include "linux/Native.h"

namespace strata::inline v1::os::native {

namespace {

constexpr std::align_val_t page{4096};
constexpr unsigned group = 0;  // of the buffers; a ring has one
constexpr std::size_t longest = 0x7ffff000;  // of a transfer (read(2))

/// Its bytes go to a buffer of the port's.
bool borrows(const Submission& operation) noexcept {
  return operation.request == Request::receive_lent || operation.request == Request::receive_lent_once;
}

std::uint64_t user_data(const Submission& operation) noexcept { return reinterpret_cast<std::uintptr_t>(&operation); }

/// As the kernel wants it; the parts become iovecs in the room.
const msghdr* message_of(Gathered& from) noexcept {
  struct Native {
    msghdr message{};
    std::array<iovec, Gathered::most> parts;
  };
  static_assert(sizeof(Native) <= sizeof(Gathered::room) && alignof(Native) <= alignof(std::max_align_t));
  auto* const native = ::new (from.room.data()) Native;
  for (std::size_t i = 0; i < from.count; ++i) {
    native->parts[i] = {const_cast<std::byte*>(from.parts[i].data()), from.parts[i].size()};  // only read
  }
  native->message.msg_iov = native->parts.data();
  native->message.msg_iovlen = from.count;
  return &native->message;
}

}  // namespace

void Submission_List::push(Submission& one) noexcept {
  Submission_State::set(one, Submission_State::listed);
  Submission_State::next(one) = nullptr;
  Submission_State::before(one) = last_;
  if (last_ == nullptr) {
    first_ = &one;
  } else {
    Submission_State::next(*last_) = &one;
  }
  last_ = &one;
}

Submission* Submission_List::pop() noexcept {
  Submission* const one = first_;
  if (one == nullptr) return nullptr;
  first_ = Submission_State::next(*one);
  (first_ == nullptr ? last_ : Submission_State::before(*first_)) = nullptr;
  Submission_State::unset(*one, Submission_State::listed);
  return one;
}

void Submission_List::remove(Submission& one) noexcept {
  Submission* const before = Submission_State::before(one);
  Submission* const next = Submission_State::next(one);
  (before == nullptr ? first_ : Submission_State::next(*before)) = next;
  (next == nullptr ? last_ : Submission_State::before(*next)) = before;
  Submission_State::unset(one, Submission_State::listed);
}

void Ring_Port::Unmap::operator()(std::byte* memory) const noexcept { ::operator delete(memory, page); }

void Ring_Port::submit(Submission& operation) noexcept {
  const auto lock = held();
  assert(!operation.outstanding());
  State::set(operation, State::given);
  ++outstanding_;
  listed_.push(operation);
}

void Ring_Port::cancel(Submission& operation) noexcept {
  const auto lock = held();
  if (!operation.outstanding() || State::is(operation, State::canceled)) return;
  State::set(operation, State::canceled);
  if (State::is(operation, State::starved)) feed(operation);
  if (State::is(operation, State::listed)) return;
  if (operation.request == Request::accept_many && !shared_ && !ring_.is_foreign() && take_back(operation)) {
    return (void)ring_.hand_over();
  }
  armed_list_.remove(operation);
  listed_.push(operation);
}

/// False: no entry is free.
bool Ring_Port::take_back(Submission& operation) noexcept {
  io_uring_sqe* const entry = ring_.next_entry();
  if (entry == nullptr) return false;
  io_uring_prep_cancel64(entry, user_data(operation), 0);
  entry->user_data = nobody;
  entry->flags = IOSQE_CQE_SKIP_SUCCESS;
  return true;
}

/// It may look for a buffer again.
void Ring_Port::feed(Submission& starved) noexcept {
  starved_.remove(starved);
  State::unset(starved, State::starved);
  listed_.push(starved);
}

void Ring_Port::cancel_all() noexcept {
  const auto lock = held();
  cancel_all_ = true;
}

std::size_t Ring_Port::abandon(std::span<Ready> out) noexcept {
  const auto lock = held();
  close_accepted();
  ring_.close();
  registered_ = knows_memory_ = cancel_all_ = canceling_all_ = false;
  armed_ = 0;
  for (Submission_List* const list : {&armed_list_, &listed_, &starved_}) {
    while (Submission* const one = list->pop()) {
      State::unset(*one, State::armed | State::starved);
      end(*one, raw_error(std::errc::operation_canceled));
    }
  }
  return tell_ended(out);
}

/// Descriptors that nobody will be told of.
void Ring_Port::close_accepted() noexcept {
  if (!ring_.is_open()) return;
  unsigned head = 0;
  io_uring_cqe* completion = nullptr;
  io_uring_for_each_cqe(ring_.native(), head, completion) {
    if ((completion->user_data & poll_mark) != 0 || completion->res < 0) continue;
    const auto& operation = *reinterpret_cast<const Submission*>(static_cast<std::uintptr_t>(completion->user_data));
    const bool accepts = operation.request == Request::accept || operation.request == Request::accept_many;
    if (accepts) os::close(Handle{completion->res});
  }
}

std::size_t Ring_Port::outstanding() const noexcept {
  const auto lock = held();
  return outstanding_;
}

Result<> Ring_Port::lend_buffers() {
  const auto lock = held();
  if (buffers_ != nullptr) return {};
  constexpr std::size_t size = buffer_count * (stride + sizeof(io_uring_buf));
  buffers_.reset(static_cast<std::byte*>(::operator new(size, page, std::nothrow)));
  if (buffers_ == nullptr) return fail(std::errc::not_enough_memory);
  const Raw raw = ring_.is_foreign() ? Raw{0} : register_buffers();
  if (raw < 0) buffers_.reset();
  return done(raw);
}

Raw Ring_Port::register_buffers() noexcept {
  auto* const ring = reinterpret_cast<io_uring_buf_ring*>(buffer(buffer_count));
  const Raw raw = retry(table().ring_lend, ring_.native(), static_cast<void*>(ring), buffer_count, group);
  if (raw < 0) return raw;
  registered_ = true;
  io_uring_buf_ring_init(ring);
  free_count_ = offered_ = 0;
  for (unsigned i = buffer_count; i-- > 0;) {
    if (!lent_.test(i)) free_[free_count_++] = static_cast<std::uint16_t>(i);
  }
  offer();
  return 0;
}

Bytes Ring_Port::lent(const Ready& completion) const noexcept {
  return {buffer(completion.buffer), static_cast<std::size_t>(completion.result)};
}

bool Ring_Port::give_back(std::uint16_t index) noexcept {
  const auto lock = held();
  recycle(index);
  return !starved_.empty();
}

void Ring_Port::recycle(std::uint16_t index) noexcept {
  lent_.reset(index);
  free_[free_count_++] = index;
}

/// How many the kernel is to have: more where again and again receives wait for one though some are free.
void Ring_Port::weigh() noexcept {
  const bool scarce = free_count_ > 0 && !starved_.empty();
  scarcity_ += scarce ? scarce_wait : -1;
  if (scarcity_ >= too_scarce) {
    most_offered_ = std::min(2 * most_offered_, buffer_count);
  } else if (scarcity_ <= enough) {
    most_offered_ = std::max(most_offered_ / 2, few_buffers);
  } else {
    return;
  }
  scarcity_ = 0;
}

/// Those that were given back last: what is in the caches is written again.
void Ring_Port::offer() noexcept {
  auto* const ring = reinterpret_cast<io_uring_buf_ring*>(buffer(buffer_count));
  int added = 0;
  for (; offered_ < most_offered_ && free_count_ > 0; ++offered_) {
    const std::uint16_t index = free_[--free_count_];
    io_uring_buf_ring_add(ring, buffer(index), buffer_size, index, io_uring_buf_ring_mask(buffer_count), added++);
  }
  if (added != 0) io_uring_buf_ring_advance(ring, added);
}

/// Lets as many look for a buffer as the kernel has or is to get, first in, first out. One for which no bytes have come
/// takes none, and the kernel says nothing: then the next ones are to look.
void Ring_Port::publish() noexcept {
  weigh();
  if (registered_) offer();
  const std::size_t there = registered_ ? offered_ : buffer_count - lent_.count();
  for (std::size_t i = 0; i < there && !starved_.empty(); ++i) feed(*starved_.front());
  hungry_ = there > 0 && !starved_.empty();
}

bool Ring_Port::hand_over() noexcept {
  const auto lock = held();
  if (knows_memory_ && memory_.empty()) let_go_of_memory();
  publish();
  if (std::exchange(cancel_all_, false)) {
    while (!starved_.empty()) feed(*starved_.front());
    for (Submission* one = listed_.front(); one != nullptr; one = State::next(*one)) State::set(*one, State::canceled);
    io_uring_sqe* const entry = ring_.next_entry();
    if (entry == nullptr) return cancel_all_ = true, false;
    io_uring_prep_cancel64(entry, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
    entry->user_data = nobody;
    canceling_all_ = armed_ != 0;
  }
  while (Submission* const one = listed_.front()) {
    const bool canceled = State::is(*one, State::canceled);
    if (!State::is(*one, State::armed)) {
      const Raw error = canceled ? raw_error(std::errc::operation_canceled) : make_room(*one);
      if (error == 0 && !arm(*one)) return false;
      (void)listed_.pop();
      error != 0 ? end(*one, error) : list_armed(*one);
      continue;
    }
    if (!take_back(*one)) return false;
    (void)listed_.pop();
    list_armed(*one);
  }
  return true;
}

/// The buffers that it wants are the ring's. 0, or an error.
Raw Ring_Port::make_room(const Submission& operation) noexcept {
  if (!borrows(operation) || registered_) return 0;
  return buffers_ == nullptr ? raw_error(std::errc::invalid_argument) : register_buffers();
}

void Ring_Port::register_memory(Bytes memory) noexcept {
  const auto lock = held();
  if (memory_.empty()) memory_ = memory;
}

void Ring_Port::unregister_memory(Bytes memory) noexcept {
  const auto lock = held();
  if (!memory.empty() && memory_.data() == memory.data()) memory_ = {};
}

/// What was registered, and is to be no more.
void Ring_Port::let_go_of_memory() noexcept {
  knows_memory_ = false;
  (void)retry(table().ring_register, ring_.native(), static_cast<void*>(nullptr), std::size_t{0});
}

/// Registered by the first that can use it; where the system refuses that, none does.
bool Ring_Port::has_registered(const Submission& operation) noexcept {
  if (memory_.empty() || operation.size == 0) return false;
  const auto begin = reinterpret_cast<std::uintptr_t>(memory_.data());
  const auto at = reinterpret_cast<std::uintptr_t>(operation.data);
  if (at < begin || at + operation.size > begin + memory_.size()) return false;
  if (!knows_memory_ && retry(table().ring_register, ring_.native(), static_cast<void*>(memory_.data()),
                              memory_.size()) < 0) {
    memory_ = {};
    return false;
  }
  return knows_memory_ = true;
}

/// Of a file; where the kernel knows the memory, that is its only piece: buf_index is 0.
void Ring_Port::prepare_transfer(io_uring_sqe* entry, const Submission& operation, unsigned size) noexcept {
  const bool knows = has_registered(operation);
  const int fd = operation.handle.value();
  if (operation.request == Request::read_at) {
    io_uring_prep_read(entry, fd, operation.data, size, operation.offset);
    if (knows) entry->opcode = IORING_OP_READ_FIXED;
  } else {
    io_uring_prep_write(entry, fd, operation.data, size, operation.offset);
    if (knows) entry->opcode = IORING_OP_WRITE_FIXED;
  }
}

/// False: no entry is free.
bool Ring_Port::arm(Submission& operation) noexcept {
  io_uring_sqe* const entry = ring_.next_entry();
  if (entry == nullptr) return false;
  const int fd = operation.handle.value();
  const std::size_t size = std::min(operation.size, longest);
  switch (operation.request) {
    case Request::accept:
      io_uring_prep_accept(entry, fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      break;
    case Request::accept_many:
      io_uring_prep_multishot_accept(entry, fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      break;
    case Request::connect: {
      const auto& address = *reinterpret_cast<const Socket_Address*>(operation.data);
      io_uring_prep_connect(entry, fd, static_cast<const sockaddr*>(address.data()), address.size());
      break;
    }
    case Request::receive:
      io_uring_prep_recv(entry, fd, operation.data, size, 0);
      break;
    case Request::receive_lent:
    case Request::receive_lent_once:
      io_uring_prep_recv(entry, fd, nullptr, 0, 0);
      State::unset(operation, State::goes_on);
      if (multishot_ && operation.request == Request::receive_lent) {
        State::set(operation, State::goes_on);
        entry->ioprio |= IORING_RECV_MULTISHOT;
        entry->file_index = fair_share;  // optlen
      }
      entry->flags |= IOSQE_BUFFER_SELECT;
      entry->buf_group = group;
      break;
    case Request::send:
      io_uring_prep_send(entry, fd, operation.data, size, MSG_NOSIGNAL);
      break;
    case Request::send_gathered:
      io_uring_prep_sendmsg(entry, fd, message_of(*reinterpret_cast<Gathered*>(operation.data)), MSG_NOSIGNAL);
      break;
    case Request::send_now:
      io_uring_prep_send(entry, fd, operation.data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
      break;
    case Request::poll:
      io_uring_prep_poll_add(entry, fd, events_of(static_cast<Interest>(operation.size)));
      break;
    case Request::read_at:
    case Request::write_at:
      prepare_transfer(entry, operation, static_cast<unsigned>(size));
      break;
    case Request::sync:
      io_uring_prep_fsync(entry, fd, 0);
      break;
  }
  entry->user_data = user_data(operation);
  State::set(operation, State::armed);
  ++armed_;
  return true;
}

void Ring_Port::list_armed(Submission& operation) noexcept {
  armed_list_.push(operation);
  State::unset(operation, State::listed);  // it may be listed to be taken back
}

void Ring_Port::end(Submission& operation, Raw error) noexcept {
  operation.size = static_cast<std::size_t>(-error);
  ended_.push(operation);
}

void Ring_Port::told_last(Submission& operation) noexcept {
  --outstanding_;
  State::unset(operation, State::given | State::canceled);
}

std::size_t Ring_Port::take_ended(std::span<Ready> out) noexcept {
  const auto lock = held();
  return tell_ended(out);
}

std::size_t Ring_Port::tell_ended(std::span<Ready> out) noexcept {
  std::size_t count = 0;
  while (count < out.size()) {
    Submission* const one = ended_.pop();
    if (one == nullptr) break;
    told_last(*one);
    out[count++] = {user_data(*one), Ready::completed | Ready::last, 0, -static_cast<std::int32_t>(one->size)};
  }
  return count;
}

/// They stay in the ring's queue, as nobody's.
std::size_t Ring_Port::take(Submission& operation, std::span<Ready> out) noexcept {
  if (!ring_.is_open() || ring_.is_foreign()) return 0;
  std::size_t count = 0;
  unsigned head = 0;
  io_uring_cqe* completion = nullptr;
  io_uring_for_each_cqe(ring_.native(), head, completion) {
    if (count == out.size()) break;
    if (completion->user_data != user_data(operation)) continue;
    const io_uring_cqe one = *completion;
    completion->user_data = nobody;
    if (settle(one, out[count])) ++count;
  }
  return count;
}

bool Ring_Port::settle(const io_uring_cqe& completion, Ready& ready) noexcept {
  const auto lock = held();
  auto& operation = *reinterpret_cast<Submission*>(static_cast<std::uintptr_t>(completion.user_data));
  ready = {completion.user_data, Ready::completed, 0, completion.res};
  if ((completion.flags & IORING_CQE_F_BUFFER) != 0) {
    ready.buffer = static_cast<std::uint16_t>(completion.flags >> IORING_CQE_BUFFER_SHIFT);
    --offered_;
    lent_.set(ready.buffer);
    if (completion.res > 0) {
      ready.set |= Ready::lent;
    } else {
      recycle(ready.buffer);
    }
  }
  if ((completion.flags & IORING_CQE_F_MORE) == 0 && !has_ended(operation, ready)) return false;
  if (operation.request == Request::poll && ready.result >= 0) {
    ready.result = ready_of(static_cast<std::uint32_t>(ready.result));
  }
  return true;
}

/// The kernel has it no more. False: it comes anew, and there is nothing to tell.
bool Ring_Port::has_ended(Submission& operation, Ready& ready) noexcept {
  --armed_;
  (State::is(operation, State::listed) ? listed_ : armed_list_).remove(operation);  // listed to be taken back
  State::unset(operation, State::armed);
  const bool repeats = operation.request == Request::receive_lent || operation.request == Request::accept_many;
  const bool canceled = State::is(operation, State::canceled) || canceling_all_;
  if (armed_ == 0) canceling_all_ = false;
  if (repeats || ready.result < 0) {
    if (!canceled && begins_anew(operation, ready.result)) return ready.result >= 0;
    if (canceled && is_of_no_buffer(operation, ready.result)) ready.result = -ECANCELED;
  }
  ready.set |= Ready::last;
  told_last(operation);
  return true;
}

/// What the kernel has said in place of a receive that goes on.
bool Ring_Port::is_of_no_buffer(const Submission& operation, std::int32_t result) const noexcept {
  if (!borrows(operation)) return false;
  return result == -ENOBUFS || (result == -EINVAL && State::is(operation, State::goes_on));
}

/// The next wait hands it over again, or when a buffer is there.
bool Ring_Port::begins_anew(Submission& operation, std::int32_t result) noexcept {
  if (borrows(operation) && result == -ENOBUFS) {
    State::set(operation, State::starved);
    starved_.push(operation);
    return true;
  }
  const bool lends = operation.request == Request::receive_lent;
  const bool refused = lends && result == -EINVAL && State::is(operation, State::goes_on);
  if (refused) multishot_ = false;
  // It had its share, or ended early, as when the queue is full; or the thread that handed it over has ended.
  const bool goes_on = lends ? result > 0 : operation.request == Request::accept_many && result >= 0;
  if (!refused && !goes_on && result != -ECANCELED) return false;
  listed_.push(operation);
  return true;
}

}  // namespace strata::inline v1::os::native
