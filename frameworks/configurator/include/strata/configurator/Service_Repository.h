// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <strata/configurator/Config_Error.h>
#include <strata/configurator/Kind_Catalog.h>
#include <strata/configurator/Service_Config.h>
#include <strata/configurator/Service_Object.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// The services of a daemon: made from their kinds, started in the order of the file, but each behind those that its
/// `after` and `requires` name, and stopped in reverse. All that are enabled start or none does. Must be destroyed
/// before its reactor, and when it has started anything only after it has stopped.
/// @threads home
class Service_Repository {
 public:
  explicit Service_Repository(Kind_Catalog kinds) noexcept : kinds_(std::move(kinds)) {}
  Service_Repository(const Service_Repository&) = delete;
  Service_Repository& operator=(const Service_Repository&) = delete;
  ~Service_Repository();

  /// Makes each service and has it read its options; tells unknown kinds, plugins that cannot be used, names that stand
  /// twice, and services that wait for each other. Of a plugin only the note is read.
  void configure(const std::vector<Service_Config>&, Config_Errors&);
  /// What each service took, in the order of the file.
  std::vector<std::vector<Option_Table>> options_in_effect() const;
  /// Errors of both hooks carry the place in the file: "FILE:LINE:COL: error: service echo: bind …".
  Outcome<> prepare(const Service_Context&);
  /// On an error those that had started are stopped without drain; `stop` awaits that.
  Outcome<> start();
  /// Asks all that run, the last started first, each when those that wait for it have stopped; calls `stopped` when
  /// none runs any more, perhaps at once. `drain` is for all together. May be called again with less time; the later
  /// `stopped` replaces the earlier.
  void stop(Duration drain, Callback stopped);

  bool running() const noexcept { return running_ != 0; }
  /// "echo tcp://127.0.0.1:7007", one for each endpoint of those that run.
  std::vector<std::string> endpoints() const;

 private:
  struct Entry {
    std::string name;
    Config_Error place;  // of `listen`, else of the service: where a person mends what failed
    std::unique_ptr<Service_Object> object;
    bool enabled = true;
    std::vector<std::size_t> before{};  // those that start before it
    bool running = false;
    bool asked = false;  // to stop
    std::unexpected<Error> failed(const Error&) const;
  };
  const Service_Kind* find(const Service_Config&, Config_Errors&) const;
  void arrange(const std::vector<Service_Config>&, Config_Errors&);
  void one_less();
  void ask_to_stop();
  void has_stopped(Entry& entry);
  bool awaited(std::size_t index) const noexcept;

  Kind_Catalog kinds_;
  std::vector<Entry> entries_;      // in the file's order; fixed once configured: callbacks hold references
  std::vector<std::size_t> order_;  // of the start; without those that are not enabled
  Reactor* home_ = nullptr;
  Time_Point deadline_{};  // of a stop
  std::size_t running_ = 0;     // and calls of `stop` under way
  Callback stopped_;
};

}  // namespace v1
}  // namespace strata
