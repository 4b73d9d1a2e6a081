// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <strata/configurator/Config_Error.h>
#include <strata/configurator/Config_Node.h>
#include <strata/configurator/Config_Value.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// The keys that every service has.
inline constexpr std::array<std::string_view, 7> service_keys{"name",  "kind",     "library", "enabled",
                                                              "after", "requires", "restart"};

/// What happens to a service that cannot serve any more, or cannot start.
enum class Restart : std::uint8_t {
  never,       ///< it stays stopped; one that cannot start keeps the daemon from starting
  on_failure,  ///< it is started again, after a pause that doubles from a second to a minute
};

/// One entry of `services:`. The kind's own options are still in the node.
struct Service_Config {
  std::string name;  ///< Name_Type; unique in a file
  std::string kind;
  std::string library;  ///< the plugin's file, from the folder of the configuration; empty: the kind is known already
  bool enabled = true;             ///< else it is checked and never started
  std::vector<std::string> after;  ///< services that start before it and stop behind it, where they are enabled
  std::vector<std::string> needs;  ///< `requires`: the same, and they must be enabled
  Restart restart = Restart::never;
  Config_Node node;

  static std::span<const Field> fields();
};

/// Reads the keys that every service has. The rest is the kind's matter.
template <>
struct Value_Type<Service_Config> {
  static constexpr Value_Shape shape{Value_Shape::Kind::mapping, "service", &Service_Config::fields};
  static void read(const Config_Node&, const Field&, Service_Config&, Config_Errors&);
  static std::string show(const Service_Config& value) { return value.name; }
};

}  // namespace v1
}  // namespace strata
