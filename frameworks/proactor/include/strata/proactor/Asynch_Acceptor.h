// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <memory>
#include <type_traits>

#include <strata/connection/Acceptor_Base.h>
#include <strata/connection/Handler_Factory.h>
#include <strata/os/Export.h>
#include <strata/proactor/Proactors.h>
#include <strata/proactor/Service_Handler.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// What Asynch_Acceptor<H> is without its H.
class Asynch_Acceptor_Base : public Acceptor_Base {
 public:
  Asynch_Acceptor_Base(Service& service, Proactors& proactors) noexcept
      : Acceptor_Base(service), proactors_(proactors) {}

 private:
  virtual std::unique_ptr<Service_Handler> make_handler(Proactor& proactor) = 0;
  std::unique_ptr<Connection_Handler> make_handler(Reactor& home) final;

  Proactors& proactors_;
};

/// Accepts connections and gives each a Service_Handler of its own, served by the Proactor of the reactor where it
/// lives (ACE_Asynch_Acceptor). Handlers are made by `H(Service&)` where it exists, else by `H(Proactor&)`, else by
/// `H()`. All else is as with Acceptor<H>; `proactors` must have each reactor of the service, and outlive this.
template <std::derived_from<Service_Handler> H>
class Asynch_Acceptor final : public Asynch_Acceptor_Base {
 public:
  using Handler = H;
  using Asynch_Acceptor_Base::Asynch_Acceptor_Base;

 private:
  std::unique_ptr<Service_Handler> make_handler(Proactor& proactor) override {
    if constexpr (std::is_constructible_v<H, Service&>) {
      return make_handler_of<H>(service());
    } else {
      return make_handler_of<H>(proactor);
    }
  }
  First_Speaker first_speaker() const noexcept override { return H::first_speaker; }
};

}  // namespace v1
}  // namespace strata
