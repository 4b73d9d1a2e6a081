// SPDX-License-Identifier: Apache-2.0
// How an engine does the operations of a handler: a ring, or the emulation on readiness.
#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <utility>

#include <strata/os/File.h>
#include <strata/os/Socket.h>
#include <strata/proactor/Service_Handler.h>

#include "Asynch_Operation.h"
#include "Proactor_Core.h"
#include "Raw_Result.h"

namespace strata {
inline namespace v1 {

using Kind = Asynch_Operation::Kind;

namespace {

/// As the seam has it: a number, or a std::errc negated.
template <class T>
std::int32_t raw_of(const Result<T>& result) noexcept {
  if (!result) return -result.error().value();
  if constexpr (std::is_void_v<T>) {
    return 0;
  } else if constexpr (std::is_same_v<T, os::Unique_Handle>) {
    return result->get().value();
  } else {
    return static_cast<std::int32_t>(*result);
  }
}

/// Tells the kernel where the bytes are.
void describe(Asynch_Operation& one, os::Handle handle) noexcept {
  one.handle = handle;
  const auto buffer = [&one](Const_Bytes bytes) {
    one.data = const_cast<std::byte*>(bytes.data());  // a write only reads it
    one.size = std::min(bytes.size(), std::size_t{1} << 30);
    one.offset = one.place;
  };
  switch (one.kind) {
    case Kind::read: one.request = os::Request::receive; return buffer(one.block.writable());
    case Kind::write: one.request = os::Request::send; return buffer(one.block.readable());
    case Kind::accept: one.request = os::Request::accept; return;
    case Kind::connect:
      one.request = os::Request::connect;
      one.data = reinterpret_cast<std::byte*>(&one.peer);
      return;
    case Kind::read_at: one.request = os::Request::read_at; return buffer(one.block.writable());
    case Kind::write_at: one.request = os::Request::write_at; return buffer(one.block.readable());
    case Kind::sync: one.request = os::Request::sync; return;
  }
}

std::int32_t do_on_a_file(Asynch_Operation& one, os::Handle file) noexcept {
  if (one.kind == Kind::read_at) return raw_of(os::read_at(file, one.block.writable(), one.place));
  if (one.kind == Kind::write_at) return raw_of(os::write_at(file, one.block.readable(), one.place));
  return raw_of(os::sync(file));
}

}  // namespace

/// Has the first of a direction done, once the one before it was told of: its hook may cancel this one. `tries`: it may
/// succeed now.
void Service_Handler::run(Direction direction, bool tries) noexcept {
  if (untold_[direction] != 0) return;
  Asynch_Operation* const first = queues_[direction].front();
  if (first == nullptr) return update_interest();
  if (first->away || first->ending != 0) return;
  first->begun = true;
  if (first->kind == Kind::write && first->block.empty()) return finish(*first);  // nothing to do
  if (proactor_->core_->on_ring || first->of_a_file()) return give_away(*first);
  while (tries && transfer(*first) && untold_[direction] == 0) {
  }
  update_interest();
}

void Service_Handler::give_away(Asynch_Operation& operation) noexcept {
  operation.away = true;
  {
    const std::lock_guard held{monitor_};
    ++away_;
  }
  if (proactor_->core_->on_ring) {
    describe(operation, handle());
    return home().submit(operation);
  }
  const Result<> given = proactor_->core_->on_a_file_thread([this, &operation] {
    arrived(operation, do_on_a_file(operation, handle()), false);
  });
  if (given) return;
  {
    const std::lock_guard held{monitor_};
    --away_;
  }
  operation.away = false;
  operation.error = given.error();
  finish(operation);
}

/// From the engine, in the loop or in a thread of files. This may be gone when it returns.
void Service_Handler::arrived(Asynch_Operation& operation, std::int32_t result, bool in_the_loop) noexcept {
  Handler_Ref ref;
  std::unique_ptr<Reactor::Returned> back;
  {
    const std::lock_guard held{monitor_};
    ref = ref_;
    operation.result = result;
    operation.arrived_before = std::exchange(arrived_, &operation);
    --away_;
    if (gone_ && away_ == 0) back = std::move(kept_);
  }
  Reactor& home = *ref.reactor();
  if (back != nullptr) return home.give_back(std::move(back));
  if (in_the_loop) {
    (void)home.invoke(ref, [](Event_Handler& e, void*) { return static_cast<Service_Handler&>(e).take_up(); });
  } else {
    (void)home.post_reserved(ref, [this] { (void)take_up(); });  // refused: the reactor has ended, and this with it
  }
}

Result<> Service_Handler::take_up() {
  Asynch_Operation* last = nullptr;
  {
    const std::lock_guard held{monitor_};
    last = std::exchange(arrived_, nullptr);
  }
  // At most one of each direction, whose order among them is nobody's.
  while (last != nullptr) {
    Asynch_Operation& one = *std::exchange(last, last->arrived_before);
    const Direction direction = one.sends() ? out : in;
    one.away = false;
    settle(one, one.result);
    run(direction, true);
  }
  return deliver();
}

/// What it has come to: its end, or a part of it.
void Service_Handler::settle(Asynch_Operation& one, std::int32_t result) noexcept {
  if (result < 0) {
    one.error = code_of(result);
    if (result == raw_canceled) one.error = one.asked ? one.asked : std::error_code{errc::canceled};
    return finish(one);
  }
  const auto size = static_cast<std::size_t>(result);
  switch (one.kind) {
    case Kind::read:
    case Kind::read_at:
      drained_ = size < one.block.writable().size();
      (void)one.block.commit(size);  // never more than its room
      one.moved = size;
      if (size == 0) one.error = errc::end_of_stream;
      break;
    case Kind::write:
    case Kind::write_at:
      (void)one.block.consume(size);  // never more than was given
      one.moved += size;
      one.place += size;
      if (one.block.empty()) break;
      if (size == 0 && one.kind == Kind::write_at) {  // no progress and no reason: never spin
        one.error = std::make_error_code(std::errc::io_error);
        break;
      }
      if (!one.asked) return;  // on with the rest
      one.error = one.asked;
      break;
    case Kind::accept: one.accepted = os::Unique_Handle{os::Handle{result}}; break;
    case Kind::connect:
    case Kind::sync: break;
  }
  finish(one);
}

/// On readiness: the emulation's third step. False: it would block.
bool Service_Handler::transfer(Asynch_Operation& one) noexcept {
  std::int32_t result = 0;
  switch (one.kind) {
    case Kind::read: result = raw_of(os::receive(handle(), one.block.writable())); break;
    case Kind::write: {
      std::array<Const_Bytes, os::max_gather> room;
      const std::size_t parts = one.block.gather(room);
      result = raw_of(os::send(handle(), std::span<const Const_Bytes>{room}.first(parts)));
      break;
    }
    case Kind::accept: {
      Result<os::Unique_Handle> accepted = os::accept(handle());
      result = raw_of(accepted);
      if (accepted) (void)accepted->release();
      break;
    }
    case Kind::connect:
      if (connecting_) {
        const std::error_code failed = os::pending_error(handle());
        if (!failed && !os::peer_address(handle())) return false;  // this was no event of it
        result = -failed.value();
      } else {
        result = raw_of(os::connect(handle(), one.peer));
        connecting_ = result == -static_cast<std::int32_t>(std::errc::operation_in_progress);
        if (connecting_) return false;
      }
      break;
    default: return false;
  }
  if (result == raw_would_block) return false;
  settle(one, result);
  return true;
}

/// Input stays wanted until that is told in vain: most often the next read has been started by then.
void Service_Handler::update_interest(bool told_in_vain) noexcept {
  if (proactor_->core_->on_ring || file_) return;
  os::Interest wanted = told_in_vain ? os::Interest::none : interest_ & os::Interest::input;
  if (!queues_[in].empty()) wanted = wanted | os::Interest::input;
  if (!queues_[out].empty()) wanted = wanted | os::Interest::output;
  if (wanted == interest_) return;
  interest_ = wanted;
  (void)home().set_interest(ref_, wanted);  // a failure has closed it
}

Result<> Service_Handler::handle_input() {
  if (queues_[in].empty()) {
    update_interest(true);
  } else {
    run(in, true);
  }
  return deliver();
}

/// Of a flush, too.
Result<> Service_Handler::handle_output() {
  if (!proactor_->core_->on_ring) {
    run(out, true);
    end_taken_back();
  }
  return deliver();
}

}  // namespace v1
}  // namespace strata
