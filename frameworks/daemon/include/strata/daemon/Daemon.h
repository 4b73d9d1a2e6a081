// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include <strata/configurator/Config_Source.h>
#include <strata/configurator/Kind_Catalog.h>
#include <strata/daemon/Exit_Code.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// A process that serves what a configuration says, in the foreground. One a process: it takes the signals and the
/// process's log. What a person must know goes to standard error.
///
/// Signals: INT and TERM drain for at most `daemon.shutdown.drain`, a second one ends all at once; HUP opens the log
/// file anew; USR1 logs how each service fares; USR2 means nothing.
class Daemon {
 public:
  explicit Daemon(Kind_Catalog kinds) noexcept : kinds_(std::move(kinds)) {}

  /// Tells every mistake of the configuration; nothing is opened, looked up or started.
  Exit_Code check(const Config_Source&) const;
  /// Prints the configuration in effect and where each value was set (Config_Explanation.h), or tells its mistakes.
  Exit_Code explain(const Config_Source&) const;
  /// Serves until a signal ends it. When all services listen, one line says so:
  /// "NAME ready: SERVICE ENDPOINT, SERVICE ENDPOINT".
  Exit_Code run(const Config_Source&) const;
  /// The JSON Schema of its configuration: all keys, and the options of its kinds.
  std::string schema() const;

 private:
  Kind_Catalog kinds_;
};

}  // namespace v1
}  // namespace strata
