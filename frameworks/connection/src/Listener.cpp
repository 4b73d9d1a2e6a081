// SPDX-License-Identifier: Apache-2.0
#include "Listener.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <strata/connection/Accept_Error.h>
#include <strata/os/Socket.h>
#include <strata/reactor/Reactor_Metrics.h>
#include <strata/wrappers/Address_Text.h>


namespace strata {
inline namespace v1 {

namespace {

constexpr std::size_t largest_batch = 64;
constexpr std::size_t most_at_the_end = 65'536;  // peers in a queue; the kernel's own limit is lower as a rule

os::Unique_Handle spare() {
  return os::open_socket(os::Family::local, os::Socket_Kind::stream).value_or(os::Unique_Handle{});
}

}  // namespace

Listener::Listener(Acceptor_Base& acceptor, SOCK_Acceptor socket, std::shared_ptr<Listener_Link> link) noexcept
    : acceptor_(&acceptor),
      service_(acceptor.service_),
      socket_(std::move(socket)),
      options_(acceptor.options_),
      link_(std::move(link)),
      sources_(service_.limit_sources(options_.max_per_source, options_.source_penalty)) {
  if (options_.shed_when_full) reserve_ = spare();
  if (link_ != nullptr) service_.listeners_.fetch_add(1);
}

Listener::~Listener() {
  if (link_ == nullptr) return;
  if (!ref_ && link_->reactor->ended()) bequeath();  // on its way there it has found no reactor
  service_.one_less(service_.listeners_, *link_->reactor);
}

bool Listener::by_operations(Reactor& home) noexcept {
  const bool takes_all = options_.max_connections == 0 && sources_ == nullptr;
  if (takes_all && service_.transports_ != nullptr) accepting_ = service_.transports_->accept(home, handle());
  return accepting_ != nullptr;
}

void Listener::start(Handler_Ref ref) noexcept {
  ref_ = ref;
  if (link_ != nullptr) link_->listener = ref;
  if (accepting_ != nullptr) go_on(Suspension::rate);
}

void Listener::go_on(Suspension reason) noexcept {
  if (accepting_ == nullptr) return (void)here().resume(ref_, reason);  // stale: it is closing
  const auto hook = [](Event_Handler& listener, Result<os::Unique_Handle> connection) {
    return static_cast<Listener&>(listener).taken(std::move(connection));
  };
  if (acceptor_ != nullptr) accepting_->start(ref_, hook);
}

/// One that the kernel has accepted already, or why it has stopped.
Result<> Listener::taken(Result<os::Unique_Handle> connection) {
  if (acceptor_ == nullptr) return {};  // a hook has ended it
  if (connection) {
    (void)service_.admit(0);
    std::error_code error;
    return accepted(SOCK_Stream{std::move(*connection)}, {}, error) == Accepted::failed ? fail(error) : Result<>{};
  }
  const Accepted what = refused(connection.error());
  if (what == Accepted::failed) return fail(connection.error());
  if (what == Accepted::one) go_on(Suspension::rate);
  return {};
}

/// How many to accept in this turn. One, as long as they come one by one: the call that finds none left is saved. A
/// listener that is ready in two turns running has a backlog.
std::size_t Listener::allowance() noexcept {
  const std::uint64_t turn = here().metrics().turns.value();
  batch_ = turn - last_turn_ <= 1 ? std::min(batch_ * 2, largest_batch) : std::max(batch_ / 2, std::size_t{1});
  last_turn_ = turn;
  return batch_;
}

/// At the cap it pauses: at home until somebody has gone, elsewhere for a while.
bool Listener::has_room() {
  const std::size_t most = options_.max_connections;
  if (service_.admit(most)) return true;
  if (link_ != nullptr) return pause(), false;
  acceptor_->await_room();
  if (service_.admit(most)) return true;  // one has gone that did not know yet that it is awaited
  (void)here().suspend(ref_, Suspension::high_water);  // a failure has closed it
  return false;
}

Result<> Listener::handle_input() {
  for (std::size_t left = allowance(); left > 0 && acceptor_ != nullptr; --left) {  // a hook may end the acceptor
    if (!has_room()) return {};
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

/// For one that the service has admitted.
Listener::Accepted Listener::accept_one(std::error_code& error) {
  os::Socket_Address peer;
  Result<SOCK_Stream> stream = socket_.accept(sources_ == nullptr ? nullptr : &peer);
  return accepted(std::move(stream), peer, error);
}

Listener::Accepted Listener::accepted(Result<SOCK_Stream> stream, const os::Socket_Address& peer,
                                      std::error_code& error) try {
  if (!stream) {
    service_.dismiss(here());
    error = stream.error();
    if (error != std::errc::operation_would_block) return refused(error);
    back_off_ = {};  // a lack of descriptors would have been told first (accept(2))
    return Accepted::none_left;
  }
  back_off_ = {};
  if (options_.shed_when_full && !reserve_) reserve_ = spare();  // somebody else had taken its place
  return welcome(std::move(*stream), peer);
} catch (const std::exception& e) {
  return threw(e.what());
} catch (...) {
  return threw("not a std::exception");
}

Listener::Accepted Listener::welcome(SOCK_Stream stream, const os::Socket_Address& peer) {
  Reactor& to = link_ != nullptr ? here() : service_.choose(options_.accept);
  std::unique_ptr<Connection_Handler> handler = acceptor_->make_handler(to);
  if (sources_ != nullptr && !sources_->admit(peer, handler.get(), here().now())) {
    stream.abort();
    service_.count_shed(here());
    limit_.write(service_.log(), Log_Level::warning, "a source has too many connections", "peer",
                 to_text(peer));
    service_.dismiss(here());  // last: what throws before is dismissed there
    return Accepted::one;
  }
  handler->attach(service_, to, stream.release());
  if (&to != &here()) {
    if (const Result<> handed = hand_over(std::move(handler), to); !handed) return refused(handed.error());
    return Accepted::one;
  }
  const bool read_first = options_.defer_accept > Duration::zero();
  const Result<Handler_Ref> started = Connection_Handler::start_connection(std::move(handler), read_first);
  return started ? Accepted::one : refused(started.error());
}

/// Unopened, to the reactor that it will live in. Where that takes no posts the connection is dropped.
Result<> Listener::hand_over(std::unique_ptr<Connection_Handler> handler, Reactor& to) {
  const bool read_first = options_.defer_accept > Duration::zero();
  return to.post([handler = std::move(handler), read_first]() mutable {
    Service& service = handler->service();
    const Result<Handler_Ref> started = Connection_Handler::start_connection(std::move(handler), read_first);
    if (!started) service.metrics().accept_errors.add();
  });
}

/// From the handler's constructor: that connection is gone, the listener lives.
Listener::Accepted Listener::threw(std::string_view what) {
  service_.dismiss(here());
  service_.count_shed(here());
  limit_.write(service_.log(), Log_Level::error, "a handler's constructor threw", "what", what);
  return Accepted::one;
}

Listener::Accepted Listener::refused(std::error_code error) {
  service_.metrics().accept_errors.add();
  const Accept_Error about = classify_accept(error);
  if (about == Accept_Error::of_listener) return Accepted::failed;
  if (about == Accept_Error::of_one) return Accepted::one;
  if (back_off_ == Duration::zero()) {
    service_.metrics().pauses.add();
    limit_.write(service_.log(), Log_Level::warning, "accepting paused", "error", error, "connections",
                 service_.connections());
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
    service_.count_shed(here());
    peer->abort();
  }
  reserve_ = spare();
  return peer.has_value();
}

void Listener::pause() {
  Reactor& reactor = here();
  if (link_ == nullptr) acceptor_->await_room();
  back_off_ = next_accept_pause(back_off_);
  retry_ = reactor.schedule(back_off_, [this] { go_on(Suspension::rate); });
  // Without memory for a timer it is tried every turn.
  if (accepting_ != nullptr) {
    accepting_->pause();
    if (!retry_.active()) go_on(Suspension::rate);
  } else if (retry_.active()) {
    (void)reactor.suspend(ref_, Suspension::rate);
  }
}

void Listener::room(bool below_cap) {
  retry_.cancel();
  go_on(Suspension::rate);
  if (below_cap && accepting_ == nullptr) go_on(Suspension::high_water);
}

void Listener::bequeath() noexcept {
  (void)service_.home().post_reserved([link = link_, socket = std::move(socket_)]() mutable {  // refused: it ends, too
    if (std::exchange(link->open, false) && link->acceptor != nullptr) {
      link->acceptor->inherit(*link, std::move(socket));
    }
  });
}

/// Whoever has come before the end is served: closing would reset them (listen(2)). At the cap they are turned away.
void Listener::retire(bool accept_rest) noexcept {
  if (!accept_rest) acceptor_ = nullptr;
  if (accepting_ != nullptr) accepting_->stop();
  for (std::size_t left = accept_rest ? most_at_the_end : 0; left > 0 && acceptor_ != nullptr; --left) {
    if (!service_.admit(options_.max_connections)) break;
    std::error_code error;
    const Accepted accepted = accept_one(error);
    if (accepted != Accepted::one) break;
  }
  acceptor_ = nullptr;
}

void Listener::tell_failure(std::shared_ptr<Listener_Link> link, Reactor& home, std::error_code reason) noexcept {
  (void)home.post_reserved([link = std::move(link), reason] {  // refused: it ends
    if (std::exchange(link->open, false) && link->acceptor != nullptr) link->acceptor->listener_failed(reason);
  });
}

/// Home learns why, unless it has asked for it; where the reactor has ended it gets the socket. One of `exclusive` has
/// others that listen on the same.
void Listener::handle_close(std::error_code reason) noexcept {
  retry_.cancel();
  accepting_.reset();
  if (acceptor_ == nullptr) return;
  if (link_ == nullptr) return acceptor_->listener_failed(reason);
  if (here().ended()) {
    if (options_.accept != Accept_Mode::exclusive) bequeath();
    return;
  }
  tell_failure(link_, service_.home(), reason);
}

}  // namespace v1
}  // namespace strata
