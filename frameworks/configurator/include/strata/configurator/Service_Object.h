// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include <strata/configurator/Service_Kind.h>
#include <strata/connection/Acceptor_Options.h>
#include <strata/os/Clock.h>
#include <strata/os/Export.h>
#include <strata/os/Outcome.h>
#include <strata/timers/Callback.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

class Budget;
class Config_Errors;
class Metric_Registry;
class Proactors;
class Reactor;
struct Service_Config;
class Thread_Pool;
class Transports;

/// What a service gets from the daemon that runs it; outlives the service.
struct Service_Context {
  Reactor& home;
  Budget* budget;                      ///< of the process
  Metric_Registry* metrics = nullptr;  ///< of the process; null: nobody asks
  /// For a service that runs and cannot serve any more: it is stopped without drain, the others live on, and
  /// `restart` says what follows. May be called from any of its upcalls, at home; takes effect in a later turn.
  std::function<void(Error)> failed{};
  std::span<Reactor* const> serving{};  ///< the reactors that its connections are spread over; none: `home` has them
  Accept_Mode accept{};                 ///< and how they come there
  Thread_Pool* workers = nullptr;       ///< who does what they offload; null: they themselves
  Transports* transports = nullptr;     ///< how they move their bytes; null: on readiness
  Proactors* proactors = nullptr;       ///< of `home` and `serving`, who do operations; null: none are done
};

/// A service's life under the configurator (ACE's Service_Object). The hooks are called in the order of their
/// declaration, each once, but for `stop`; after an error none but `stop` and the destructor. With `restart:
/// on_failure` a service that has failed and stopped, or whose start has failed, gets `start` again. Owned by the
/// Service_Repository. @threads home
class Service_Object {
 public:
  Service_Object() = default;
  Service_Object(const Service_Object&) = delete;
  Service_Object& operator=(const Service_Object&) = delete;
  virtual ~Service_Object() = default;

  /// Takes its options from the configuration and tells what is wrong in it. Touches nothing outside: this is all that
  /// `--check` calls.
  virtual void configure(const Service_Config&, Config_Errors&) = 0;
  /// What it took, for `--explain`; the tables live as long as this.
  virtual std::vector<Option_Table> options_in_effect() const { return {}; }
  /// May block, for names to be looked up; nobody is served meanwhile.
  virtual Outcome<> prepare(const Service_Context&) { return {}; }
  /// Serves from now on. On an error nothing of it is left running.
  virtual Outcome<> start() = 0;
  /// Takes nothing new and ends what is under way, by force after `drain`; then calls `stopped`, perhaps at once. May
  /// be called again with less time, before it has stopped: the later `stopped` replaces the earlier.
  virtual void stop(Duration drain, Callback stopped) = 0;
  /// Where it listens, as endpoints; empty unless started.
  virtual std::vector<std::string> endpoints() const { return {}; }
};

}  // namespace v1
}  // namespace strata
