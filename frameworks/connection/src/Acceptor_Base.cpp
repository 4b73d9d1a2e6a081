// SPDX-License-Identifier: Apache-2.0
#include <strata/connection/Acceptor_Base.h>

#include <chrono>
#include <exception>
#include <utility>

#include "Listener.h"

namespace strata {
inline namespace v1 {

namespace {

Listen_Options listen_options(const Acceptor_Options& options) {
  Listen_Options listen;
  listen.backlog = options.backlog;
  listen.permissions = options.socket_mode;
  listen.owner = options.socket_owner;
  listen.defer_accept = static_cast<int>(std::chrono::ceil<std::chrono::seconds>(options.defer_accept).count());
  return listen;
}

}  // namespace

Acceptor_Base::Acceptor_Base(Service& service) noexcept : service_(service) {}

Acceptor_Base::~Acceptor_Base() { close(); }

Outcome<> Acceptor_Base::open(std::span<const os::Socket_Address> addresses, const Acceptor_Options& options) {
  if (options.defer_accept > Duration::zero() && first_speaker() != First_Speaker::client) {
    return fail(std::make_error_code(std::errc::invalid_argument),
                "defer_accept: the handler does not declare first_speaker = First_Speaker::client");
  }
  options_ = options;
  os::Socket_Address first;  // tcp://*:0 is one port in both families: the second takes what the system gave the first
  for (os::Socket_Address address : addresses) {
    if (address.port() == 0 && first.port() != 0 && address.family() != first.family()) address.set_port(first.port());
    Outcome<SOCK_Acceptor> socket = SOCK_Acceptor::open(address, listen_options(options));
    if (!socket) return close(), std::unexpected{std::move(socket.error())};
    if (first.port() == 0) first = socket->local_address().value_or(first);
    if (Outcome<> done = accept_from(std::move(*socket), Descriptor::exclusive); !done) return done;
  }
  return {};
}

Outcome<> Acceptor_Base::adopt(SOCK_Acceptor socket, const Acceptor_Options& options) {
  options_ = options;
  return accept_from(std::move(socket), Descriptor::shared);  // whoever has passed it may have it still
}

Outcome<> Acceptor_Base::accept_from(SOCK_Acceptor socket, Descriptor descriptor) {
  auto listener = std::make_unique<Listener>(*this, std::move(socket));
  Listener& borrowed = *listener;
  const Result<Handler_Ref> ref = service_.home().adopt(std::move(listener), Event_Mask::input, {descriptor, 0});
  if (!ref) return close(), fail(ref.error(), "listen");
  borrowed.start(*ref);
  listeners_.push_back(*ref);
  return {};
}

std::vector<os::Socket_Address> Acceptor_Base::addresses() const {
  std::vector<os::Socket_Address> found;
  for (const Handler_Ref ref : listeners_) {
    const auto* listener = static_cast<const Listener*>(ref.reactor()->find(ref));
    if (listener == nullptr) continue;
    if (const Result<os::Socket_Address> address = listener->address()) found.push_back(*address);
  }
  return found;
}

void Acceptor_Base::close() noexcept {
  for (const Handler_Ref ref : std::exchange(listeners_, {})) {
    auto* listener = static_cast<Listener*>(ref.reactor()->find(ref));
    if (listener == nullptr) continue;
    listener->retire();
    (void)ref.reactor()->close(ref, errc::stopping);
  }
  stop_waiting();
}

void Acceptor_Base::listener_failed(std::error_code reason) noexcept {
  service_.log().error("a listener closed", "error", reason);
  try {
    if (failed_) failed_(reason);
  } catch (const std::exception& e) {
    service_.log().error("a failure was not told", "what", e.what());
  }
}

bool Acceptor_Base::full() const noexcept {
  return options_.max_connections != 0 && service_.connections() >= options_.max_connections;
}

void Acceptor_Base::await_room() noexcept {
  if (std::exchange(waiting_, true)) return;
  next_ = std::exchange(service_.waiting_, this);
}

void Acceptor_Base::stop_waiting() noexcept {
  if (!std::exchange(waiting_, false)) return;
  Acceptor_Base** link = &service_.waiting_;
  while (*link != this) link = &(*link)->next_;
  *link = next_;
}

void Acceptor_Base::room() noexcept {
  if (!full()) stop_waiting();  // else connections of other origin fill it still
  for (const Handler_Ref ref : listeners_) {
    if (auto* listener = static_cast<Listener*>(ref.reactor()->find(ref))) listener->room();
  }
}

}  // namespace v1
}  // namespace strata
