// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <memory>
#include <type_traits>

#include <strata/connection/Acceptor_Base.h>

namespace strata {
inline namespace v1 {

/// Accepts connections and gives each a new H (POSA2, Acceptor): `H(Service&)` where it exists, else `H()`.
template <std::derived_from<Svc_Handler> H>
class Acceptor final : public Acceptor_Base {
 public:
  using Handler = H;
  using Acceptor_Base::Acceptor_Base;

 private:
  std::unique_ptr<Svc_Handler> make_handler() override {
    if constexpr (std::is_constructible_v<H, Service&>) {
      return std::make_unique<H>(service());
    } else {
      return std::make_unique<H>();
    }
  }
  First_Speaker first_speaker() const noexcept override { return H::first_speaker; }
};

}  // namespace v1
}  // namespace strata
