// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include <strata/connection/Service.h>
#include <strata/os/Export.h>
#include <strata/os/Handle.h>
#include <strata/os/Socket_Address.h>
#include <strata/reactor/Event_Handler.h>
#include <strata/reactor/Handler_Ref.h>
#include <strata/reactor/Reactor.h>
#include <strata/timers/Timer_Node.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Who sends the first bytes of a protocol: `static constexpr auto first_speaker = First_Speaker::client;` in a handler
/// allows `defer_accept`.
enum class First_Speaker : std::uint8_t { unknown, client, server };

/// A handler of one connection, as a Service has it: counted, asked to drain, closed when idle. Svc_Handler and
/// Service_Handler are the two kinds that an Acceptor makes; users subclass these. @threads home, all of it
class Connection_Handler : public Event_Handler, private Timer_Node {
 public:
  static constexpr First_Speaker first_speaker = First_Speaker::unknown;

  ~Connection_Handler() override;

  Service& service() const noexcept {
    assert(service_ != nullptr && "no service has accepted it");
    return *service_;
  }
  Reactor& home() const noexcept { return *ref_.reactor(); }
  Handler_Ref ref() const noexcept { return ref_; }
  os::Socket_Address peer() const noexcept;   ///< unspecified where the system no longer knows
  os::Socket_Address local() const noexcept;

  /// A line of the service's log with the fields service, connection and peer; looked up only when it is written.
  template <class... Pairs>
  void log(Log_Level level, Log_Message message, const Pairs&... pairs) const noexcept {
    if (!service().log().enabled(level)) return;
    const Log_Context who{service_->name(), ref_.token(), *this};
    service_->log().with(who).write(level, message, pairs...);
  }
  std::string to_text() const;  ///< the peer, for such lines

  /// A callback that counts as a hook of this connection. Keep the token in the handler: it dies with it.
  [[nodiscard]] Timer schedule(Duration after, Callback callback, Duration interval = {}) {
    return home().schedule(ref_, after, std::move(callback), interval);
  }

 protected:
  Connection_Handler() noexcept = default;
  bool of_a_service() const noexcept { return service_ != nullptr; }
  /// In `begin_connection`, once it is adopted: starts the service's idle timeout. An error has closed it.
  Result<Handler_Ref> began(Handler_Ref ref);
  Result<> await_idle();  ///< anew
  void touch() noexcept;  ///< something was received or sent: not idle

 private:
  friend class Connector_Base;
  friend class Listener;
  friend class Proactor;
  friend class Service;
  friend class Service_Handler;
  friend class Svc_Handler;

  /// Gives it a connected descriptor. Its service has admitted it, and it will live in `home`. @threads any
  void attach(Service& service, Reactor& home, os::Unique_Handle handle) noexcept;
  /// Registers it there, opens it, and where `first_read` reads once at once. Freed on failure. Its hooks' errors close
  /// it, and are no errors here. @threads home of the handler
  static Result<Handler_Ref> start_connection(std::unique_ptr<Connection_Handler> handler, bool first_read) {
    Connection_Handler& starting = *handler;
    return starting.begin_connection(std::move(handler), first_read);
  }
  static Result<> run_drain(Event_Handler& handler, void*) {
    return static_cast<Connection_Handler&>(handler).ask_to_drain();
  }
  static void idle_expired(void*, Timer_Node& node) noexcept;
  void expire(Reactor::Hook hook) noexcept;

  virtual void take_socket(os::Unique_Handle handle) noexcept = 0;
  virtual Result<Handler_Ref> begin_connection(std::unique_ptr<Connection_Handler> self, bool first_read) = 0;
  virtual Result<> ask_to_drain() = 0;
  /// Nothing was moved for as long as the service allows.
  virtual Result<> end_idle() = 0;

  Service* service_ = nullptr;
  Handler_Ref ref_;
};

}  // namespace v1
}  // namespace strata
