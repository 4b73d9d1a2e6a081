// SPDX-License-Identifier: Apache-2.0
#include <strata/connection/Acceptor_Base.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <new>
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

/// In its reactor; null when it has gone, or has not come there yet.
Listener* find_listener(Handler_Ref ref) noexcept {
  return ref ? static_cast<Listener*>(ref.reactor()->find(ref)) : nullptr;
}

void end_listener(Handler_Ref ref, bool accept_rest) noexcept {
  Listener* const listener = find_listener(ref);
  if (listener == nullptr) return;
  listener->retire(accept_rest);
  (void)ref.reactor()->close(ref, errc::stopping);
}

}  // namespace

Acceptor_Base::Acceptor_Base(Service& service) noexcept : service_(service) {}

/// Whoever is in the queues is not accepted: there is nobody any more who makes handlers.
Acceptor_Base::~Acceptor_Base() {
  end(false);
  for (const std::shared_ptr<Listener_Link>& link : elsewhere_) link->acceptor = nullptr;
}

Outcome<> Acceptor_Base::open(std::span<const os::Socket_Address> addresses, const Acceptor_Options& options) {
  if (options.defer_accept > Duration::zero() && first_speaker() != First_Speaker::client) {
    return fail(std::make_error_code(std::errc::invalid_argument),
                "defer_accept: the handler does not declare first_speaker = First_Speaker::client");
  }
  options_ = options;
  os::Socket_Address first;  // tcp://*:0 is one port in both families: the second takes what the system gave the first
  for (os::Socket_Address address : addresses) {
    if (address.port() == 0 && first.port() != 0 && address.family() != first.family()) address.set_port(first.port());
    const bool group = options.accept == Accept_Mode::reuseport && service_.spread() &&
                       address.family() != os::Family::local;
    if (group) {
      if (Outcome<> done = open_group(address); !done) return close(), done;
    } else {
      Outcome<SOCK_Acceptor> socket = SOCK_Acceptor::open(address, listen_options(options));
      if (!socket) return close(), std::unexpected{std::move(socket.error())};
      if (Outcome<> done = accept_from(std::move(*socket), Descriptor::exclusive); !done) return done;
    }
    if (first.port() == 0) first = this->addresses().back();
  }
  return {};
}

/// A socket for each reactor, and the kernel chooses. The address is reserved first: the flag would let another daemon
/// of this user have the same, and nobody would know.
Outcome<> Acceptor_Base::open_group(const os::Socket_Address& address) {
  Listen_Options listen = listen_options(options_);
  const Outcome<os::Unique_Handle> reserved = SOCK_Acceptor::reserve(address, listen);
  if (!reserved) return std::unexpected{reserved.error()};
  const os::Socket_Address bound = os::local_address(reserved->get()).value_or(address);
  listen.reuse_port = true;
  for (Reactor* reactor : service_.serving()) {
    if (reactor->ended()) continue;
    Outcome<SOCK_Acceptor> socket = SOCK_Acceptor::open(bound, listen);
    if (!socket) return std::unexpected{std::move(socket.error())};
    if (Outcome<> done = accept_in(*reactor, std::move(*socket), Descriptor::exclusive, bound); !done) return done;
  }
  return {};
}

Outcome<> Acceptor_Base::open_exclusive(SOCK_Acceptor socket) {
  const os::Socket_Address address = socket.local_address().value_or(os::Socket_Address{});
  for (Reactor* reactor : service_.serving()) {
    if (reactor->ended()) continue;
    Result<os::Unique_Handle> copy = os::duplicate(socket.handle());
    if (!copy) return fail(copy.error(), "duplicate a listening socket");
    if (Outcome<> done = accept_in(*reactor, SOCK_Acceptor{std::move(*copy)}, Descriptor::shared, address); !done) {
      return done;
    }
  }
  return {};
}

Outcome<> Acceptor_Base::adopt(SOCK_Acceptor socket, const Acceptor_Options& options) {
  options_ = options;
  return accept_from(std::move(socket), Descriptor::shared);  // whoever has passed it may have it still
}

Outcome<> Acceptor_Base::accept_from(SOCK_Acceptor socket, Descriptor descriptor) {
  if (options_.accept == Accept_Mode::exclusive && service_.spread()) {
    Outcome<> done = open_exclusive(std::move(socket));
    if (!done) close();
    return done;
  }
  auto listener = std::make_unique<Listener>(*this, std::move(socket));
  Listener& borrowed = *listener;
  Reactor& home = service_.home();
  const bool by_operations = listener->by_operations(home);
  const Result<Handler_Ref> ref =
      home.adopt(std::move(listener), Event_Mask::input,
                 {.descriptor = descriptor, .strand = Strand_Of::reactor, .by_operations = by_operations});
  if (!ref) return close(), fail(ref.error(), "listen");
  borrowed.start(*ref);
  listeners_.push_back(*ref);
  return {};
}

/// In another reactor: at once, where it does not run yet.
Outcome<> Acceptor_Base::accept_in(Reactor& reactor, SOCK_Acceptor socket, Descriptor descriptor,
                                   const os::Socket_Address& address) {
  auto link = std::make_shared<Listener_Link>();
  link->acceptor = this;
  link->reactor = &reactor;
  link->address = address;
  const Adopt_Options adopt{
      .descriptor = descriptor, .strand = Strand_Of::reactor, .wake_one = descriptor == Descriptor::shared};
  const auto start = [adopt](Reactor& in, std::unique_ptr<Listener> listener) -> Result<> {
    Listener& borrowed = *listener;
    Adopt_Options how = adopt;
    how.by_operations = listener->by_operations(in);
    const Result<Handler_Ref> ref = in.adopt(std::move(listener), Event_Mask::input, how);
    if (!ref) return fail(ref.error());
    borrowed.start(*ref);
    return {};
  };
  auto listener = std::make_unique<Listener>(*this, std::move(socket), link);
  Result<> started;
  std::erase_if(elsewhere_, [](const auto& each) { return !each->open && each.use_count() == 1; });
  elsewhere_.push_back(link);  // before it runs
  if (reactor.on_strand()) {
    started = start(reactor, std::move(listener));
  } else {
    started = reactor.post_reserved([start, link, &reactor, listener = std::move(listener)]() mutable {
      Reactor& home = listener->service().home();
      if (const Result<> done = start(reactor, std::move(listener)); !done) {
        Listener::tell_failure(link, home, done.error());
      }
    });
  }
  if (started) return {};
  link->open = false;
  return fail(started.error(), "listen");
}

std::vector<os::Socket_Address> Acceptor_Base::addresses() const {
  std::vector<os::Socket_Address> found;
  for (const Handler_Ref ref : listeners_) {
    const Listener* const listener = find_listener(ref);
    if (listener == nullptr) continue;
    if (const Result<os::Socket_Address> address = listener->address()) found.push_back(*address);
  }
  // Those of a group have one address.
  for (const std::shared_ptr<Listener_Link>& link : elsewhere_) {
    if (link->open && std::ranges::find(found, link->address) == found.end()) found.push_back(link->address);
  }
  return found;
}

void Acceptor_Base::close() noexcept { end(true); }

void Acceptor_Base::end(bool accept_rest) noexcept {
  for (const Handler_Ref ref : std::exchange(listeners_, {})) end_listener(ref, accept_rest);
  for (const std::shared_ptr<Listener_Link>& link : elsewhere_) {
    if (!std::exchange(link->open, false)) continue;
    const auto end_it = [link, accept_rest] { end_listener(link->listener, accept_rest); };
    if (link->reactor->on_strand()) {
      end_it();
    } else {
      (void)link->reactor->post_reserved(end_it);  // refused: it ends, and closes its listeners itself
    }
  }
  stop_waiting();
}

/// Of a reactor that has ended: its socket goes to one that lives, so that peers that wait in its queue are not reset
/// (socket(7), SO_REUSEPORT).
void Acceptor_Base::inherit(const Listener_Link& former, SOCK_Acceptor socket) noexcept try {
  Reactor& heir = service_.choose(options_.accept);
  if (heir.ended()) return listener_failed(errc::stopping);
  const Outcome<> done = accept_in(heir, std::move(socket), Descriptor::exclusive, former.address);
  if (!done) listener_failed(done.error().code);
} catch (const std::bad_alloc&) {
  listener_failed(std::make_error_code(std::errc::not_enough_memory));
}

bool Acceptor_Base::full() const noexcept {
  return options_.max_connections != 0 && service_.connections() >= options_.max_connections;
}

void Acceptor_Base::await_room() noexcept {
  if (std::exchange(waiting_, true)) return;
  next_ = service_.waiting_;
  service_.await(this);
}

void Acceptor_Base::stop_waiting() noexcept {
  if (!std::exchange(waiting_, false)) return;
  if (service_.waiting_ == this) return service_.await(next_);
  Acceptor_Base* before = service_.waiting_;
  while (before->next_ != this) before = before->next_;
  before->next_ = next_;
}

void Acceptor_Base::listener_failed(std::error_code reason) noexcept {
  service_.log().error("a listener closed", "error", reason);
  try {
    if (failed_) failed_(reason);
  } catch (const std::exception& e) {
    service_.log().error("a failure was not told", "what", e.what());
  }
}

void Acceptor_Base::room() noexcept {
  const bool below_cap = !full();  // looked at once: who is told that there is room waits no more
  if (below_cap) stop_waiting();   // else connections of other origin fill it still
  for (const Handler_Ref ref : listeners_) {
    if (Listener* const listener = find_listener(ref)) listener->room(below_cap);
  }
}

}  // namespace v1
}  // namespace strata
