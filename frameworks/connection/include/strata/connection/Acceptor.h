// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <memory>

#include <strata/connection/Acceptor_Base.h>
#include <strata/connection/Handler_Factory.h>
#include <strata/connection/Svc_Handler.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Accepts connections and gives each a handler of its own (POSA2, Acceptor), made as Handler_Factory.h says.
template <std::derived_from<Svc_Handler> H>
class Acceptor final : public Acceptor_Base {
 public:
  using Handler = H;
  using Acceptor_Base::Acceptor_Base;

 private:
  std::unique_ptr<Connection_Handler> make_handler(Reactor&) override { return make_handler_of<H>(service()); }
  First_Speaker first_speaker() const noexcept override { return H::first_speaker; }
};

}  // namespace v1
}  // namespace strata
