// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include <strata/configurator/Config_Field.h>
#include <strata/configurator/Service_Config.h>
#include <strata/configurator/Service_Kind.h>
#include <strata/connection/Acceptor_Options.h>
#include <strata/connection/Stream_Options.h>
#include <strata/wrappers/Endpoint.h>

namespace strata {
inline namespace v1 {

/// What stands in YAML beside the name and kind of a service that accepts connections.
struct Acceptor_Settings : Stream_Options, Acceptor_Options {
  std::vector<Endpoint> listen;
  std::size_t queue_limit = 0;  ///< bytes that all its connections may have queued; 0: no limit

  /// What a kind's handlers say of it. Those that start operations have queues of their own, and no water marks.
  struct Kind {
    bool client_speaks_first;
    bool by_operations;
  };
  static std::span<const Field> fields(Kind kind);
  static Option_Table defaults(Kind kind);
  /// The keys, those of the handler's `own` options among them, then what must hold between them.
  void read(const Service_Config&, Kind kind, const Fields_Of& own, Config_Errors&);
};

}  // namespace v1
}  // namespace strata
