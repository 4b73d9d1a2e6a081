// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <system_error>

#include <strata/connection/Acceptor_Base.h>
#include <strata/connection/Source_Limits.h>
#include <strata/connection/Transport.h>
#include <strata/logging/Log_Limit.h>
#include <strata/reactor/Event_Handler.h>
#include <strata/wrappers/SOCK_Acceptor.h>

namespace strata {
inline namespace v1 {

/// What an acceptor and its listener in another reactor know of each other. The acceptor's part is for its home, the
/// listener's for that reactor: each looks only at its own, and tells the other by posts.
struct Listener_Link {
  Acceptor_Base* acceptor = nullptr;  ///< home's; null when it has gone
  Reactor* reactor = nullptr;         ///< home's
  os::Socket_Address address;         ///< home's
  bool open = true;                   ///< home's
  Handler_Ref listener;               ///< the reactor's
};

/// One listening socket of an acceptor. Accepts in batches; when descriptors or memory are out it pauses with back-off,
/// so that a listener that stays readable does not spin the loop, and tries again at most 40 ms after. In another
/// reactor than its service's home it counts as something that the service must wait for.
class Listener final : public Event_Handler {
 public:
  Listener(Acceptor_Base& acceptor, SOCK_Acceptor socket, std::shared_ptr<Listener_Link> link = nullptr) noexcept;
  ~Listener() override;

  os::Handle handle() const noexcept override { return socket_.handle(); }
  Result<> handle_input() override;
  void handle_close(std::error_code reason) noexcept override;

  /// Before it is adopted in `home`: whether it takes its connections by operations there. A cap is for readiness: what
  /// it keeps out is to wait in the socket's queue, where a ring would not leave it; so is a limit of sources, which
  /// wants their addresses.
  bool by_operations(Reactor& home) noexcept;
  void start(Handler_Ref ref) noexcept;
  Service& service() const noexcept { return service_; }
  Result<os::Socket_Address> address() const noexcept { return socket_.local_address(); }
  /// A connection has gone: it tries again. `below_cap`: also where it has paused for the cap.
  void room(bool below_cap);
  /// One in another reactor than its home has closed by itself, or never began. @threads any
  static void tell_failure(std::shared_ptr<Listener_Link> link, Reactor& home, std::error_code reason) noexcept;
  /// Accepts who has come, where asked to; from here on it is nobody's.
  void retire(bool accept_rest) noexcept;

 private:
  enum class Accepted : std::uint8_t { one, none_left, paused, failed };

  Accepted accept_one(std::error_code& error);
  Accepted welcome(SOCK_Stream stream, const os::Socket_Address& peer);
  Accepted refused(std::error_code error);
  Accepted threw(std::string_view what);
  Result<> hand_over(std::unique_ptr<Connection_Handler> handler, Reactor& to);
  bool has_room();
  Reactor& here() const noexcept { return *ref_.reactor(); }
  void pause();
  void bequeath() noexcept;
  bool shed_one();
  std::size_t allowance() noexcept;
  Result<> taken(Result<os::Unique_Handle> connection);
  Accepted accepted(Result<SOCK_Stream> stream, const os::Socket_Address& peer, std::error_code& error);
  void go_on(Suspension reason) noexcept;

  Acceptor_Base* acceptor_;
  Service& service_;
  SOCK_Acceptor socket_;
  const Acceptor_Options options_;              ///< its acceptor may live in another thread
  const std::shared_ptr<Listener_Link> link_;  ///< null at home
  Source_Limits* const sources_;
  std::unique_ptr<Accepting> accepting_;  ///< null: on readiness
  os::Unique_Handle reserve_;
  Handler_Ref ref_;
  Timer retry_;
  Duration back_off_{};
  Log_Limit limit_;
  std::size_t batch_ = 1;
  std::uint64_t last_turn_ = 0;
};

}  // namespace v1
}  // namespace strata
