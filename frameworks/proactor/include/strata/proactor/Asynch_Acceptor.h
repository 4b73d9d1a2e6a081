// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <strata/connection/Handler_Factory.h>
#include <strata/os/Export.h>
#include <strata/os/Outcome.h>
#include <strata/os/Socket_Address.h>
#include <strata/proactor/Service_Handler.h>
#include <strata/timers/Timer.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Accepts by operations, one at a time, and has each connection served by a handler of its own. One that fails for
/// want of descriptors or memory is tried again after a while; what concerns one connection alone is passed over.
class Asynch_Acceptor_Base : public Service_Handler {
 public:
  using Make = std::unique_ptr<Service_Handler> (*)(Proactor&);
  struct Listening {
    Handler_Ref acceptor;          ///< to `Reactor::close`
    os::Socket_Address address{};  ///< with the port that the system chose for 0
  };
  /// Errors name the call and the address. @threads home of the reactor
  static Outcome<Listening> listen(Proactor& proactor, const os::Socket_Address& at, Make make);

 private:
  explicit Asynch_Acceptor_Base(Make make) noexcept : make_(make) {}
  Result<> open() override { return accept(); }
  Result<> handle_accept(Completed accepted) override;
  Result<> handle_failure(Completed failed) override;

  Make make_;
  Duration pause_{};
  Timer again_;
};

/// `Asynch_Acceptor<Echo>::listen(proactor, address)` (ACE_Asynch_Acceptor).
template <class H>
class Asynch_Acceptor {
 public:
  static Outcome<Asynch_Acceptor_Base::Listening> listen(Proactor& proactor, const os::Socket_Address& at) {
    return Asynch_Acceptor_Base::listen(
        proactor, at, [](Proactor& p) -> std::unique_ptr<Service_Handler> { return make_handler_of<H>(p); });
  }
};

}  // namespace v1
}  // namespace strata
