// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <strata/configurator/Config_Field.h>
#include <strata/configurator/Service_Config.h>
#include <strata/configurator/Service_Kind.h>
#include <strata/connection/Dgram_Limits.h>
#include <strata/os/Outcome.h>
#include <strata/os/Socket_Address.h>
#include <strata/wrappers/Endpoint.h>

namespace strata {
inline namespace v1 {

/// What stands in YAML beside the name and kind of a service of datagrams.
struct Dgram_Settings : Dgram_Limits {
  std::vector<Endpoint> listen;
  std::size_t queue_limit = 0;  ///< bytes that may wait in all; 0: no limit

  static std::span<const Field> fields();
  static Option_Table defaults();
  /// The keys, those of the handler's `own` options among them, then what must hold between them.
  void read(const Service_Config&, bool reflects, const Fields_Of& own, Config_Errors&);
  /// That a kind that reflects is bound to loopback alone, or has a rate; for names, once they are looked up.
  Outcome<> check_reach(const std::vector<os::Socket_Address>& addresses) const;
};

}  // namespace v1
}  // namespace strata
