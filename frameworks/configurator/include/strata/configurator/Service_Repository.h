// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <strata/configurator/Config_Error.h>
#include <strata/configurator/Kind_Catalog.h>
#include <strata/configurator/Service_Config.h>
#include <strata/configurator/Service_Object.h>
#include <strata/connection/Back_Off.h>
#include <strata/os/Export.h>
#include <strata/timers/Timer.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// How a service fares.
struct Service_State {
  enum class Phase : std::uint8_t {
    stopped,  ///< not started, or stopped by the repository
    running,
    failing,  ///< it has told of a failure, and ends
    waiting,  ///< to be started again
    failed,   ///< and stays so
  };
  std::string name;
  Phase phase = Phase::stopped;
  std::uint64_t failures = 0;  ///< since the beginning
  std::string error{};         ///< of the last one
};
std::string_view to_text(Service_State::Phase phase) noexcept;

/// The services of a daemon: made from their kinds, started in the order of the file, but each behind those that its
/// `after` and `requires` name, and stopped in reverse. All that are enabled start or none does, but for those that
/// restart: they may come later. One that fails later leaves the others running. Must be destroyed before its reactor,
/// and when it has started anything only after it has stopped, or that reactor has ended (Reactor::end).
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

  /// Called when the last service has failed and none will be started again: there is nothing left to serve.
  void when_all_failed(Callback callback) { all_failed_ = std::move(callback); }

  bool running() const noexcept { return running_ != 0; }
  std::vector<Service_State> states() const;  ///< of those that are enabled, in the order of the file
  /// "echo tcp://127.0.0.1:7007", one for each endpoint of those that run.
  std::vector<std::string> endpoints() const;

 private:
  static constexpr Duration restart_pause = std::chrono::seconds{1};
  static constexpr Duration longest_restart_pause = std::chrono::minutes{1};
  struct Entry {
    std::string name;
    Config_Error place;  // of `listen`, else of the service: where a person mends what failed
    std::unique_ptr<Service_Object> object;
    bool enabled = true;
    Restart restart = Restart::never;
    std::vector<std::size_t> before{};  // those that start before it
    bool running = false;               // and `failing`
    bool asked = false;                 // to stop
    Service_State::Phase phase{};
    std::uint64_t failures = 0;
    std::string error{};
    Time_Point started{};
    Back_Off back_off{{restart_pause, longest_restart_pause}};
    Timer later{};  // of a failure to be handled, or of a restart
    std::unexpected<Error> failed(const Error&) const;
  };
  const Service_Kind* find(const Service_Config&, Config_Errors&) const;
  void arrange(const std::vector<Service_Config>&, Config_Errors&);
  void has_started(Entry& entry);
  void note_failure(Entry& entry, const Error& error);
  void fail_later(Entry& entry, const Error& error);
  void end_failed(Entry& entry);
  void has_ended(Entry& entry);
  void start_later(Entry& entry);
  void start_again(Entry& entry);
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
  bool stopping_ = false;
  Callback stopped_;
  Callback all_failed_;
};

}  // namespace v1
}  // namespace strata
