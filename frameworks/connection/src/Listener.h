// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <system_error>

#include <strata/connection/Acceptor_Base.h>
#include <strata/logging/Log_Limit.h>
#include <strata/reactor/Event_Handler.h>
#include <strata/wrappers/SOCK_Acceptor.h>

namespace strata {
inline namespace v1 {

/// One listening socket of an acceptor. Accepts in batches; when descriptors or memory are out it pauses with back-off,
/// so that a listener that stays readable does not spin the loop, and tries again at most 40 ms after.
class Listener final : public Event_Handler {
 public:
  Listener(Acceptor_Base& acceptor, SOCK_Acceptor socket) noexcept;

  os::Handle handle() const noexcept override { return socket_.handle(); }
  Result<> handle_input() override;
  void handle_close(std::error_code reason) noexcept override;

  void start(Handler_Ref ref) noexcept { ref_ = ref; }
  Result<os::Socket_Address> address() const noexcept { return socket_.local_address(); }
  void room();  ///< a connection has gone: accept again, whatever it paused for
  /// From here on it is nobody's.
  void retire() noexcept;

 private:
  enum class Accepted : std::uint8_t { one, none_left, paused, failed };

  Accepted accept_one(std::error_code& error);
  Accepted refused(std::error_code error);
  Accepted threw(std::string_view what);
  void pause();
  bool shed_one();
  std::size_t allowance() noexcept;

  Acceptor_Base* acceptor_;
  SOCK_Acceptor socket_;
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
