// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <system_error>
#include <utility>

#include <strata/connection/Handler_Factory.h>
#include <strata/os/Clock.h>
#include <strata/os/Export.h>
#include <strata/os/Socket_Address.h>
#include <strata/proactor/Service_Handler.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Connects by an operation, and then gives the connection to a handler. Exactly one of that handler's `open()` and of
/// `failed` is called, from the loop.
class Asynch_Connector_Base : public Service_Handler {
 public:
  using Failed = std::move_only_function<void(std::error_code)>;
  /// `deadline`: timed_out after that; 0: the system's own. The reference cancels, by Reactor::close: then the reason
  /// is told to `failed`. Errors: the system's, and those of Reactor::adopt; then nothing is called.
  static Result<Handler_Ref> connect(Proactor& proactor, const os::Socket_Address& peer, Duration deadline,
                                     std::unique_ptr<Service_Handler> handler, Failed failed);

 private:
  Asynch_Connector_Base(const os::Socket_Address& peer, Duration deadline, std::unique_ptr<Service_Handler> handler,
                        Failed failed) noexcept
      : peer_(peer), deadline_(deadline), handler_(std::move(handler)), failed_(std::move(failed)) {}
  Result<> open() override { return Service_Handler::connect(peer_, {.deadline = deadline_}); }
  Result<> handle_connect(Completed connected) override;
  void handle_close(std::error_code reason) noexcept override;

  os::Socket_Address peer_;
  Duration deadline_;
  std::unique_ptr<Service_Handler> handler_;
  Failed failed_;
  bool connected_ = false;
};

/// `Asynch_Connector<Client>::connect(proactor, address, 5s, [](std::error_code) { … })` (ACE_Asynch_Connector).
template <class H>
class Asynch_Connector {
 public:
  static Result<Handler_Ref> connect(Proactor& proactor, const os::Socket_Address& peer, Duration deadline = {},
                                     Asynch_Connector_Base::Failed failed = {}) {
    return Asynch_Connector_Base::connect(proactor, peer, deadline, make_handler_of<H>(proactor), std::move(failed));
  }
};

}  // namespace v1
}  // namespace strata
