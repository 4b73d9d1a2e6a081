// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <strata/configurator/Service_Kind.h>
#include <strata/configurator/Service_Object.h>
#include <strata/connection/Any_Options.h>
#include <strata/connection/Dgram_Server.h>
#include <strata/connection/Service.h>

#include "Dgram_Settings.h"
#include "Listen_Points.h"
#include "Service_Drain.h"

namespace strata {
inline namespace v1 {

/// A Dgram_Server<H> under the configurator: its options from YAML, its sockets, and their end.
class Dgram_Service final : public Service_Object {
 public:
  explicit Dgram_Service(const Dgram_Kind& kind) noexcept : kind_(kind) {}

  void configure(const Service_Config&, Config_Errors&) override;
  std::vector<Option_Table> options_in_effect() const override;
  Outcome<> prepare(const Service_Context&) override;
  Outcome<> start() override;
  void stop(Duration drain, Callback stopped) override;
  std::vector<std::string> endpoints() const override;

 private:
  const Dgram_Kind& kind_;
  std::string name_;
  Dgram_Settings settings_;
  Any_Options options_;  // of the handlers' class
  Listen_Points points_;
  std::optional<Service> service_;
  std::unique_ptr<Dgram_Server_Base> server_;
  std::function<void(Error)> failed_;
  Service_Drain drain_;
};

}  // namespace v1
}  // namespace strata
