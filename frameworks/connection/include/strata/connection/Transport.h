// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include <strata/os/Bytes.h>
#include <strata/os/Demultiplexer.h>
#include <strata/os/Export.h>
#include <strata/os/Result.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

class Svc_Handler;

/// Moves the bytes of a Svc_Handler, so that the same class runs over readiness, completions, TLS or the simulator.
/// A form that keeps nothing for a connection is one object shared by all; others are one a connection. @threads home
class Transport {
 public:
  virtual ~Transport() = default;

  /// Which directions are wanted from now on: deliveries of input, and a call of `writable`.
  virtual Result<> want(Svc_Handler& handler, os::Interest directions) = 0;
  /// Reads what is there and delivers it; bounded work. Errors: those that end the connection.
  virtual Result<> input(Svc_Handler& handler) = 0;
  /// One gathered send; bytes taken. Errors: operation_would_block, or those that end the connection.
  virtual Result<std::size_t> send(Svc_Handler& handler, std::span<const Const_Bytes> parts) = 0;
  virtual Result<> shutdown_send(Svc_Handler& handler) = 0;
  /// Frees the descriptor. `abort`: what is unsent is dropped, the peer gets RST.
  virtual void close(Svc_Handler& handler, bool abort) noexcept = 0;

 protected:
  static Result<> deliver(Svc_Handler& handler, Bytes bytes);
  /// After a delivery. False when the handler takes no more now: closed, suspended or paused.
  static bool wants_more(const Svc_Handler& handler) noexcept;
  static Result<> deliver_end(Svc_Handler& handler);
  /// Where to read to: behind what was left unread.
  static Bytes buffer(Svc_Handler& handler) noexcept;
};

/// Plain sockets on readiness: one for the process, stateless.
Transport& readiness_transport() noexcept;

}  // namespace v1
}  // namespace strata
