// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <system_error>

#include <strata/os/Bytes.h>
#include <strata/os/Demultiplexer.h>
#include <strata/os/Export.h>
#include <strata/os/Handle.h>
#include <strata/os/Result.h>
#include <strata/reactor/Handler_Ref.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

class Event_Handler;
class Reactor;
class Service;
class Svc_Handler;

/// Moves the bytes of a Svc_Handler, so that the same class runs over readiness, completions, TLS or the simulator.
/// A form that keeps nothing for a connection is one object shared by all; others are one a connection. @threads home
class Transport {
 public:
  virtual ~Transport() = default;

  /// Whether the reactor tells of readiness; if not, this has operations of its own, and nothing comes before `want`.
  virtual bool on_readiness() const noexcept { return true; }
  /// Which directions are wanted from now on: deliveries of input, and a call of `writable`.
  virtual Result<> want(Svc_Handler& handler, os::Interest directions) = 0;
  /// Reads what is there and delivers it; bounded work. What comes by itself is not read: it is there a turn later.
  /// Errors: those that end the connection.
  virtual Result<> input(Svc_Handler& handler) = 0;
  /// One gathered send; bytes taken. Errors: operation_would_block, or those that end the connection.
  virtual Result<std::size_t> send(Svc_Handler& handler, std::span<const Const_Bytes> parts) = 0;
  /// What was taken is still under way, and may come back (`take_back`). handle_output follows its end.
  virtual bool sending() noexcept { return false; }
  /// In handle_output: delivers what came while nothing was wanted.
  virtual Result<> deliver_held(Svc_Handler& /*handler*/) { return {}; }
  virtual Result<> shutdown_send(Svc_Handler& handler) = 0;
  /// Frees the descriptor. `abort`: what is unsent is dropped, the peer gets RST.
  virtual void close(Svc_Handler& handler, bool abort) noexcept = 0;

 protected:
  friend class Svc_Handler;
  static Result<> deliver(Svc_Handler& handler, Bytes bytes);
  /// After a delivery. False when the handler takes no more now: closed, suspended or paused.
  static bool wants_more(const Svc_Handler& handler) noexcept;
  /// The same at the beginning of an upcall of its own.
  static bool wants_input(const Svc_Handler& handler) noexcept;
  static Result<> deliver_end(Svc_Handler& handler);
  /// After that. False: what it had left unread came first, and it takes no more now: the end is to be delivered anew.
  static bool knows_end(const Svc_Handler& handler) noexcept;
  /// The peer has not taken the rest of what was sent: it is queued, in front.
  static void take_back(Svc_Handler& handler, Const_Bytes unsent);
  static Handler_Ref ref_of(const Svc_Handler& handler) noexcept;
  static Service& service_of(const Svc_Handler& handler) noexcept;
  /// FIN; the error that came first, where the socket is not connected any more.
  static Result<> shut(os::Handle handle) noexcept;
  static void close_for(Svc_Handler& handler, std::error_code reason);
  static Transport& of(Svc_Handler& handler) noexcept;
  /// Where to read to: behind what was left unread.
  static Bytes buffer(Svc_Handler& handler) noexcept;
};

/// Takes connections from a listening socket by operations of its own. @threads home
class Accepting {
 public:
  using Hook = Result<> (*)(Event_Handler& listener, Result<os::Unique_Handle> taken);

  virtual ~Accepting() = default;
  /// Tells of each by `hook`, an upcall of the listener, until `pause`, `stop` or an error. Nothing where it does so
  /// already.
  virtual void start(Handler_Ref listener, Hook hook) noexcept = 0;
  /// From now on peers stay in the socket's queue; who was taken before is told of.
  virtual void pause() noexcept = 0;
  /// The same, and tells before it returns.
  virtual void stop() noexcept = 0;
};

/// Makes the transports of a service's connections (Service::set_transports). @threads any
class Transports {
 public:
  /// For a listener that lives in `home`, and takes whoever comes. Null: it accepts on readiness.
  virtual std::unique_ptr<Accepting> accept(Reactor& /*home*/, os::Handle /*listening*/) noexcept { return nullptr; }
  /// For a connection that lives in `home`. Null when memory is out.
  virtual Transport* make(Reactor& home, os::Handle handle) noexcept = 0;

 protected:
  ~Transports() = default;
};

/// Plain sockets on readiness: one for the process, stateless.
Transport& readiness_transport() noexcept;

}  // namespace v1
}  // namespace strata
