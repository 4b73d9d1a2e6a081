// SPDX-License-Identifier: Apache-2.0
#include <strata/connection/Svc_Handler.h>
#include <strata/connection/Transport.h>
#include <strata/os/Socket.h>

namespace strata {
inline namespace v1 {

namespace {

constexpr int reads_a_turn = 4;  ///< for one connection that has the turn for itself; beside others that are ready, one

/// Plain sockets: the reactor tells when, this reads and writes.
class Readiness_Transport final : public Transport {
 public:
  Result<> want(Svc_Handler& handler, os::Interest directions) override {
    const Result<> told = handler.home().set_interest(handler.ref(), directions);
    return told || told.error() == std::errc::identifier_removed ? Result<>{} : told;
  }

  Result<> input(Svc_Handler& handler) override {
    // A short read means drained, and saves the call that would only say so; but an end or an error stands behind it.
    constexpr std::uint8_t ends = os::Ready::read_end | os::Ready::hangup | os::Ready::error;
    const bool to_the_end = (handler.home().ready() & ends) != 0;
    for (int i = 0; i < reads_a_turn; ++i) {
      const Bytes room = buffer(handler);
      const Result<std::size_t> size = os::receive(handler.handle(), room);
      if (!size) return size.error() == std::errc::operation_would_block ? Result<>{} : fail(size.error());
      if (*size == 0) return deliver_end(handler);
      const Result<> done = deliver(handler, room.first(*size));
      if (!done || (*size < room.size() && !to_the_end) || !wants_more(handler)) return done;
      if (!to_the_end && handler.home().context()->crowded) return {};
    }
    return {};
  }

  Result<std::size_t> send(Svc_Handler& handler, std::span<const Const_Bytes> parts) override {
    return parts.size() == 1 ? os::send(handler.handle(), parts[0]) : os::send(handler.handle(), parts);
  }

  Result<> shutdown_send(Svc_Handler& handler) override { return shut(handler.handle()); }

  void close(Svc_Handler& handler, bool abort) noexcept override {
    if (abort) (void)os::set_option(handler.handle(), os::Socket_Option::linger, 0);  // else it closes with FIN
    os::close(handler.handle());
  }
};

}  // namespace

Result<> Transport::shut(os::Handle handle) noexcept {
  const Result<> done = os::shutdown(handle, os::Shutdown::send);
  if (done || done.error() != std::errc::not_connected) return done;
  const std::error_code cause = os::pending_error(handle);  // a reset came first
  return fail(cause ? cause : std::make_error_code(std::errc::connection_reset));
}

Transport& readiness_transport() noexcept {
  static Readiness_Transport transport;
  return transport;
}

}  // namespace v1
}  // namespace strata
