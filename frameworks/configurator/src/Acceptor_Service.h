// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <strata/configurator/Service_Kind.h>
#include <strata/configurator/Service_Object.h>
#include <strata/connection/Acceptor_Base.h>
#include <strata/connection/Any_Options.h>
#include <strata/connection/Service.h>

#include "Acceptor_Settings.h"
#include "Listen_Points.h"
#include "Service_Drain.h"

namespace strata {
inline namespace v1 {

/// An Acceptor<H> or Asynch_Acceptor<H> under the configurator: its options from YAML, its listener, and the drain of
/// its connections.
class Acceptor_Service final : public Service_Object {
 public:
  explicit Acceptor_Service(const Acceptor_Kind& kind) noexcept : kind_(kind) {}
  ~Acceptor_Service() override;

  void configure(const Service_Config&, Config_Errors&) override;
  std::vector<Option_Table> options_in_effect() const override;
  Outcome<> prepare(const Service_Context&) override;
  Outcome<> start() override;
  void stop(Duration drain, Callback stopped) override;
  std::vector<std::string> endpoints() const override;

 private:
  Acceptor_Settings::Kind kind() const noexcept;

  const Acceptor_Kind& kind_;
  std::string name_;
  Acceptor_Settings settings_;
  Any_Options options_;  // of the handlers' class
  Listen_Points points_;
  std::optional<Service> service_;
  std::unique_ptr<Acceptor_Base> acceptor_;
  Service_Drain drain_;
};

}  // namespace v1
}  // namespace strata
