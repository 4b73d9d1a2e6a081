// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <memory>

#include <strata/connection/Connector_Base.h>
#include <strata/connection/Handler_Factory.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Connects, and gives each connection a handler of its own (POSA2, Connector), made as Handler_Factory.h says.
template <std::derived_from<Svc_Handler> H>
class Connector final : public Connector_Base {
 public:
  using Handler = H;
  using Connector_Base::Connector_Base;

 private:
  std::unique_ptr<Svc_Handler> make_handler() override { return make_handler_of<H>(service()); }
};

}  // namespace v1
}  // namespace strata
