// SPDX-License-Identifier: Apache-2.0
#include "Listener.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <strata/os/Socket.h>

#include "Svc_State.h"

namespace strata {
inline namespace v1 {

namespace {

constexpr std::size_t largest_batch = 64;
constexpr Duration first_back_off = std::chrono::milliseconds{5};
constexpr Duration longest_back_off = std::chrono::milliseconds{40};

bool out_of_resources(std::error_code e) noexcept {
  return e == std::errc::too_many_files_open || e == std::errc::too_many_files_open_in_system ||
         e == std::errc::no_buffer_space || e == std::errc::not_enough_memory;
}

/// The listener itself is gone or was never one; all other errors concern the one connection (accept(2)).
bool fatal(std::error_code e) noexcept {
  return e == std::errc::bad_file_descriptor || e == std::errc::invalid_argument || e == std::errc::not_a_socket ||
         e == std::errc::operation_not_supported;
}

os::Unique_Handle spare() {
  return os::open_socket(os::Family::local, os::Socket_Kind::stream).value_or(os::Unique_Handle{});
}

}  // namespace

Listener::Listener(Acceptor_Base& acceptor, SOCK_Acceptor socket) noexcept
    : acceptor_(&acceptor), socket_(std::move(socket)) {
  if (acceptor.options_.shed_when_full) reserve_ = spare();
}

/// How many to accept in this turn. One, as long as they come one by one: the call that finds none left is saved. A
/// listener that is ready in two turns running has a backlog.
std::size_t Listener::allowance() noexcept {
  const std::uint64_t turn = ref_.reactor()->counts().turns;
  batch_ = turn - last_turn_ <= 1 ? std::min(batch_ * 2, largest_batch) : std::max(batch_ / 2, std::size_t{1});
  last_turn_ = turn;
  return batch_;
}

Result<> Listener::handle_input() {
  for (std::size_t left = allowance(); left > 0 && acceptor_ != nullptr; --left) {  // a hook may end the acceptor
    if (acceptor_->full()) {
      acceptor_->await_room();
      (void)ref_.reactor()->suspend(ref_, Suspension::high_water);  // a failure has closed it
      return {};
    }
    std::error_code error;
    switch (accept_one(error)) {
      case Accepted::one:
        continue;
      case Accepted::failed:
        return fail(error);
      case Accepted::none_left:
      case Accepted::paused:
        return {};
    }
  }
  return {};
}

Listener::Accepted Listener::accept_one(std::error_code& error) try {
  Result<SOCK_Stream> stream = socket_.accept();
  if (!stream) {
    error = stream.error();
    if (error != std::errc::operation_would_block) return refused(error);
    back_off_ = {};  // a lack of descriptors would have been told first (accept(2))
    return Accepted::none_left;
  }
  back_off_ = {};
  if (acceptor_->options_.shed_when_full && !reserve_) reserve_ = spare();  // somebody else had taken its place
  Service& service = acceptor_->service();
  const bool read_first = acceptor_->options_.defer_accept > Duration::zero();
  const Result<Handler_Ref> started =
      start_connection(acceptor_->make_handler(), service, stream->release(), read_first);
  if (!started) return refused(started.error());
  return Accepted::one;
} catch (const std::exception& e) {
  return threw(e.what());
} catch (...) {
  return threw("not a std::exception");
}

/// From the handler's constructor: that connection is gone, the listener lives.
Listener::Accepted Listener::threw(std::string_view what) {
  Service& service = acceptor_->service();
  service.metrics().shed.add();
  limit_.write(service.log(), Log_Level::error, "a handler's constructor threw", "what", what);
  return Accepted::one;
}

Listener::Accepted Listener::refused(std::error_code error) {
  Service& service = acceptor_->service();
  service.metrics().accept_errors.add();
  if (fatal(error)) return Accepted::failed;
  if (!out_of_resources(error)) return Accepted::one;
  if (back_off_ == Duration::zero()) {
    service.metrics().pauses.add();
    limit_.write(service.log(), Log_Level::warning, "accepting paused", "error", error, "connections",
                 service.connections());
  }
  for (std::size_t i = 0; i < largest_batch && shed_one(); ++i) {
  }
  pause();
  return Accepted::paused;
}

/// Takes the next peer with the spare descriptor and sends it away with RST.
bool Listener::shed_one() {
  if (!reserve_) return false;
  reserve_.reset();
  Result<SOCK_Stream> peer = socket_.accept();
  if (peer) {
    acceptor_->service().metrics().shed.add();
    peer->abort();
  }
  reserve_ = spare();
  return peer.has_value();
}

void Listener::pause() {
  Reactor& reactor = *ref_.reactor();
  acceptor_->await_room();
  back_off_ = back_off_ == Duration::zero() ? first_back_off : std::min(back_off_ * 2, longest_back_off);
  retry_ = reactor.schedule(back_off_, [this] { (void)ref_.reactor()->resume(ref_, Suspension::rate); });
  if (retry_.active()) (void)reactor.suspend(ref_, Suspension::rate);  // without memory for a timer: tried every turn
}

void Listener::room() {
  Reactor& reactor = *ref_.reactor();
  retry_.cancel();
  (void)reactor.resume(ref_, Suspension::rate);  // stale: it is closing
  if (!acceptor_->full()) (void)reactor.resume(ref_, Suspension::high_water);
}

void Listener::retire() noexcept { acceptor_ = nullptr; }

void Listener::handle_close(std::error_code reason) noexcept {
  retry_.cancel();
  if (acceptor_ != nullptr) acceptor_->listener_failed(reason);
}

}  // namespace v1
}  // namespace strata
