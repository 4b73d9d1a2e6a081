// SPDX-License-Identifier: Apache-2.0
#include <strata/connection/Dgram_Handler.h>

#include <algorithm>
#include <array>
#include <exception>
#include <new>
#include <vector>

#include <strata/connection/Rate_Limit.h>
#include <strata/logging/Log_Limit.h>
#include <strata/wrappers/SOCK_Dgram.h>

#include "Dgram_Queue.h"

namespace strata {
inline namespace v1 {
namespace {

constexpr std::uint16_t first_free_port = 1024;

/// The socket itself is gone or was never one; all else concerns a datagram (recv(2), send(2)).
bool fatal(std::error_code e) noexcept {
  return e == std::errc::bad_file_descriptor || e == std::errc::not_a_socket;
}

}  // namespace

/// What a socket that serves datagrams needs beside its descriptor.
struct Dgram_Handler::Room {
  explicit Room(const Dgram_Limits& given, bool reflecting)
      : limits(given),
        reflects(reflecting),
        rate(given.rate),
        memory(std::make_unique_for_overwrite<std::byte[]>(given.batch * given.datagram_size)),
        slots(given.batch) {
    for (std::size_t i = 0; i < slots.size(); ++i) {
      slots[i].buffer = {memory.get() + i * limits.datagram_size, limits.datagram_size};
    }
  }
  Dgram_Limits limits;
  bool reflects;
  bool corking = false;    // a batch is under way: what is put leaves at its end
  bool closing = false;    // close_when_flushed
  bool blocked = false;    // the system takes no more: no input until it does
  std::error_code reason;  // of close_when_flushed
  Rate_Limit rate;
  Log_Limit log_limit;
  std::unique_ptr<std::byte[]> memory;
  std::vector<os::Datagram_In> slots;
  Dgram_Queue queue;
  std::size_t charged = 0;  // bytes of the queue, to the budget
};

Dgram_Handler::Dgram_Handler() noexcept = default;

Dgram_Handler::~Dgram_Handler() {
  if (service_ == nullptr) return;
  if (room_) service_->budget().release(room_->charged);
  service_->detach(service_->home());
}

Result<Handler_Ref> Dgram_Handler::start(std::unique_ptr<Dgram_Handler> self, Service& service, SOCK_Dgram socket,
                                         const Dgram_Limits& limits, bool reflecting) try {
  room_ = std::make_unique<Room>(limits, reflecting);
  service_ = &service;
  (void)service.admit(0);
  service.attach(service.home());
  handle_ = socket.release();
  const Result<Handler_Ref> ref =
      service.home().adopt(std::move(self), Event_Mask::input, {.group = service.datagram_group(), .held = true});
  if (!ref) return ref;
  ref_ = *ref;
  Result<> opened = fail(std::errc::state_not_recoverable);  // what it is when open() throws
  const auto open = [](Event_Handler& e, void* result) {
    return *static_cast<Result<>*>(result) = static_cast<Dgram_Handler&>(e).open();
  };
  (void)ref->reactor()->begin(*ref, open, &opened);  // an error closes the handler
  return opened ? ref : fail(opened.error());
} catch (const std::bad_alloc&) {
  return fail(std::errc::not_enough_memory);
}

os::Socket_Address Dgram_Handler::local() const noexcept {
  return os::local_address(handle()).value_or(os::Socket_Address{});
}

std::size_t Dgram_Handler::queued() const noexcept { return room_->queue.size(); }

Result<> Dgram_Handler::handle_input() {
  const Result<std::size_t> came = os::receive_datagrams(handle(), room_->slots);
  if (!came) {
    if (fatal(came.error())) return fail(came.error());
    if (came.error() != std::errc::operation_would_block) service_->metrics().receive_errors.add();
    return {};
  }
  room_->corking = true;
  for (std::size_t i = 0; i < *came && home().find(ref_) != nullptr; ++i) {
    const os::Datagram_In& slot = room_->slots[i];
    if (slot.truncated) {
      service_->metrics().truncated.add();
    } else {
      deliver(slot.buffer.first(slot.size), slot.peer);
    }
  }
  room_->corking = false;
  return home().find(ref_) == nullptr ? Result<>{} : flush();
}

bool Dgram_Handler::admitted(const INET_Addr& peer) {
  const bool may_reflect = room_->reflects && peer.port() < first_free_port;
  if (!may_reflect && room_->rate.take(home().now())) return true;
  service_->count_shed(service_->home());
  return false;
}

void Dgram_Handler::deliver(Bytes bytes, const os::Socket_Address& from) {
  service_->metrics().datagrams_in.add();
  service_->metrics().bytes_in.add(bytes.size());
  const Result<INET_Addr> peer = INET_Addr::from(from);
  if (room_->closing || !peer || !admitted(*peer)) return;
  if (const Result<> done = answer(bytes, *peer); !done) {
    service_->metrics().rejected.add();
    room_->log_limit.write(service_->log(), Log_Level::warning, "a datagram was dropped", "peer", peer->to_text(),
                           "error", done.error());
  }
}

Result<> Dgram_Handler::answer(Bytes bytes, const INET_Addr& peer) try {
  return handle_datagram(bytes, peer);
} catch (const std::exception& e) {
  room_->log_limit.write(service_->log(), Log_Level::error, "a hook threw", "what", e.what());
  return fail(std::errc::state_not_recoverable);
} catch (...) {
  return fail(std::errc::state_not_recoverable);
}

Result<> Dgram_Handler::put(Const_Bytes bytes, const INET_Addr& to) try {
  if (room_->closing) return fail(std::errc::broken_pipe);
  if (bytes.size() > os::max_datagram) return fail(std::errc::message_size);
  if (queued() + bytes.size() + Dgram_Queue::overhead > room_->limits.high_water) {
    return fail(std::errc::no_buffer_space);
  }
  room_->queue.push(bytes, to);
  return room_->corking ? Result<>{} : home().flush_later(ref_);
} catch (const std::bad_alloc&) {
  return fail(std::errc::not_enough_memory);
}

Result<> Dgram_Handler::handle_output() { return flush(); }

Result<> Dgram_Handler::flush() {
  while (!room_->queue.empty()) {
    const Result<> sent = send_some();
    if (sent) continue;
    if (fatal(sent.error())) return sent;
    if (sent.error() == std::errc::operation_would_block) break;
    service_->metrics().send_errors.add();  // of the first alone: the others have another way to go
    room_->queue.pop(1);
  }
  return settle();
}

Result<> Dgram_Handler::send_some() {
  std::array<os::Datagram_Out, os::max_datagrams> out;
  const std::size_t count = room_->queue.gather(out);
  const Result<std::size_t> sent = os::send_datagrams(handle(), std::span{out}.first(count));
  if (!sent) return fail(sent.error());
  for (std::size_t i = 0; i < *sent; ++i) service_->metrics().bytes_out.add(out[i].bytes.size());
  service_->metrics().datagrams_out.add(*sent);
  room_->queue.pop(*sent);
  return {};
}

/// What stays is charged, and stops the input until the system takes it.
Result<> Dgram_Handler::settle() {
  Room& room = *room_;
  service_->budget().release(std::exchange(room.charged, 0));
  if (const std::size_t size = room.queue.size(); size != 0) {
    if (service_->budget().charge(size)) {
      room.charged = size;
    } else {
      service_->count_shed(service_->home());
      room.queue.clear();
    }
  }
  if (room.closing && room.queue.empty()) return close(room.reason), Result<>{};
  const bool blocks = !room.queue.empty();
  if (blocks == room.blocked) return {};
  room.blocked = blocks;
  return home().set_interest(ref_, blocks ? Event_Mask::output : Event_Mask::input);
}

void Dgram_Handler::close_when_flushed(std::error_code reason) {
  room_->closing = true;
  room_->reason = reason;
  (void)home().flush_later(ref_);
}

Result<> Dgram_Handler::run_drain(Event_Handler& handler, void*) {
  static_cast<Dgram_Handler&>(handler).handle_drain();
  return {};
}

}  // namespace v1
}  // namespace strata
