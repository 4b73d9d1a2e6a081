// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include <strata/connection/Acceptor_Options.h>
#include <strata/connection/Connection_Handler.h>
#include <strata/os/Export.h>
#include <strata/os/Outcome.h>
#include <strata/os/Socket_Address.h>
#include <strata/wrappers/SOCK_Acceptor.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

class Listener;
struct Listener_Link;

/// Listens, and makes a handler for each connection: what Acceptor<H> is without its H. Must be destroyed before its
/// service and the reactors, at home; where listeners of it are in reactors that run, when the service is idle after
/// `close`.
/// @threads home. Handlers are made by whichever reactor accepts
class Acceptor_Base {
 public:
  explicit Acceptor_Base(Service& service) noexcept;
  Acceptor_Base(const Acceptor_Base&) = delete;
  Acceptor_Base& operator=(const Acceptor_Base&) = delete;
  virtual ~Acceptor_Base();

  /// Listens on all addresses, or on none: "bind 0.0.0.0:80: Permission denied". invalid_argument: `defer_accept` for a
  /// handler whose client does not speak first.
  Outcome<> open(std::span<const os::Socket_Address> addresses, const Acceptor_Options& options = {});
  /// Accepts from a socket that listens already, one more; an error closes all. `options` as with `open`, but those of
  /// the socket itself are its owner's.
  Outcome<> adopt(SOCK_Acceptor socket, const Acceptor_Options& options = {});
  /// Where it really listens; a port 0 is the system's choice by now.
  std::vector<os::Socket_Address> addresses() const;
  /// Called when a listener has closed by itself, with why; the others go on. One whose reactor has ended does not
  /// fail: its socket goes to a reactor that lives.
  void when_failed(std::function<void(std::error_code)> callback) { failed_ = std::move(callback); }
  /// Stops listening, after it has accepted who had come (the destructor does not); connections live on. Idempotent.
  void close() noexcept;
  Service& service() noexcept { return service_; }

 protected:
  /// For a connection that will live in `home`. It may throw: that connection is dropped.
  virtual std::unique_ptr<Connection_Handler> make_handler(Reactor& home) = 0;
  virtual First_Speaker first_speaker() const noexcept = 0;

 private:
  friend class Listener;
  friend class Service;
  void end(bool accept_rest) noexcept;
  Outcome<> open_group(const os::Socket_Address& address);
  Outcome<> open_exclusive(SOCK_Acceptor socket);
  Outcome<> accept_from(SOCK_Acceptor socket, Descriptor descriptor);
  Outcome<> accept_in(Reactor& reactor, SOCK_Acceptor socket, Descriptor descriptor, const os::Socket_Address& address);
  void inherit(const Listener_Link& former, SOCK_Acceptor socket) noexcept;
  bool full() const noexcept;
  void await_room() noexcept;
  void stop_waiting() noexcept;
  void listener_failed(std::error_code reason) noexcept;
  void room() noexcept;  ///< a connection has gone

  Service& service_;
  Acceptor_Options options_;
  std::vector<Handler_Ref> listeners_;                     ///< at home
  std::vector<std::shared_ptr<Listener_Link>> elsewhere_;  ///< in other reactors
  std::function<void(std::error_code)> failed_;
  bool waiting_ = false;
  Acceptor_Base* next_ = nullptr;  ///< of those that wait
};

}  // namespace v1
}  // namespace strata
