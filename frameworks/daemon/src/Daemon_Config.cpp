// SPDX-License-Identifier: Apache-2.0
#include <strata/daemon/Daemon_Config.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <strata/configurator/Config_Value.h>
#include <strata/os/Demultiplexer.h>
#include <strata/os/Thread.h>

namespace strata {
inline namespace v1 {
namespace {

constexpr std::array<std::string_view, 4> model_words{"single", "worker-pool", "multi-reactor",
                                                      "leader-followers"};  // as Concurrency_Model has them
constexpr std::array<std::string_view, 4> accept_words{"handoff", "least-loaded", "reuseport",
                                                       "exclusive"};  // as Accept_Mode has them
constexpr std::array<std::string_view, 4> proactor_words{"none", "auto", "io_uring",
                                                         "emulated"};  // as Proactor_Choice has them
constexpr std::int64_t most_threads = 256;
constexpr std::int64_t last_core = 65'535;
constexpr std::array<std::string_view, 3> format_words{"classic", "iso", "json"};  // as Log_Format has them
constexpr std::array<std::string_view, 7> level_words{"trace", "debug",    "info", "warning",
                                                      "error", "critical", "off"};  // as Log_Level has them
constexpr std::int64_t longest_spin = std::chrono::nanoseconds{std::chrono::milliseconds{10}}.count();
constexpr Duration least_stall_limit = std::chrono::milliseconds{10};

Choices demultiplexers(const Field&) { return os::demultiplexer_names(); }

using Level_Type = Choice_Type<level_words>;

std::span<const Field> rotation_fields() {
  static constexpr std::array table{
      field<&Log_Rotation::size, Size_Type>("size", "cuts the file when it is so long; 0: not by size"),
      field<&Log_Rotation::interval>("interval", "cuts the file so often; 0s: not by time"),
      field<&Log_Rotation::archives>("archives", "how many old files are kept"),
  };
  return table;
}

std::span<const Field> log_fields() {
  static constexpr std::array table{
      field<&Log_Options::level, Level_Type>("level", "what matters less is not written"),
      field<&Log_Options::categories, Map_Type<Log_Levels, Level_Type>>("levels", "levels that differ, by category"),
      field<&Log_Options::format, Choice_Type<format_words>>("format", "how a line looks"),
      field<&Log_Options::file>("file", "an absolute path; empty: standard error"),
      field<&Log_Options::rotation, Mapping_Type<&rotation_fields>>("rotation", "when the file is cut"),
      field<&Log_Options::queue_bytes, Size_Type>("queue", "bytes of lines that may wait for the disk"),
  };
  return table;
}

void check_logging(const Config_Node& root, Daemon_Config& config, Config_Errors& errors) {
  const Config_Node* logging = root.find("logging");
  if (logging == nullptr) return;
  if (const Outcome<> valid = validate(config.logging); !valid) errors.at_value(*logging, valid.error().what);
  if (const Config_Node* file = logging->find("file")) config.log_file_place = {file->file(), file->mark(), {}};
}

/// A key of another model would be set in vain; its default may stand there, as `--explain` prints it.
void check_concurrency(const Config_Node& root, const Daemon_Config& config, Config_Errors& errors) {
  const Config_Node* daemon = root.find("daemon");
  const Config_Node* given = daemon == nullptr ? nullptr : daemon->find("concurrency");
  if (given == nullptr) return;
  using enum Concurrency_Model;
  const Concurrency_Config& set = config.daemon.concurrency;
  const Concurrency_Config initial;
  const Concurrency_Model model = set.model;
  const std::string word{model_words[static_cast<std::size_t>(model)]};
  const auto only = [&](std::string_view key, bool changed, std::initializer_list<Concurrency_Model> models) {
    const Config_Node* node = given->find(key);
    if (node == nullptr || !changed || std::ranges::find(models, model) != models.end()) return;
    errors.at_key(*node, std::string{key} + " is not of the model " + word);
  };
  only("workers", set.workers != initial.workers, {worker_pool, multi_reactor});
  only("reactors", set.reactors != initial.reactors, {multi_reactor});
  only("accept", set.accept != initial.accept, {multi_reactor});
  only("threads", set.threads != initial.threads, {leader_followers});
  only("cores", set.cores != initial.cores, {worker_pool, multi_reactor, leader_followers});
  const Config_Node* spin = daemon->find("spin");
  if (spin != nullptr && config.daemon.spin != Duration{} && (model == worker_pool || model == leader_followers)) {
    errors.at_key(*spin, "spin is not for the model " + word + ": its threads share one wait");
  }
}

/// A ring that completes is the loop's demultiplexer, too.
void check_proactor(const Config_Node& root, const Daemon_Config& config, Config_Errors& errors) {
  const std::string& other = config.daemon.demultiplexer;
  if (config.daemon.proactor != Proactor_Choice::io_uring || other == "auto" || other == "io_uring") return;
  const Config_Node* given = root.find("daemon")->find("demultiplexer");
  errors.at_value(*given, "with the proactor io_uring the ring is the demultiplexer, not " + other);
}

/// One look each limit: with a shorter one the looks cost more than they tell, and a thread that only waits for its
/// processor counts as held up.
void check_stall_limit(const Config_Node& root, const Daemon_Config& config, Config_Errors& errors) {
  const Duration limit = config.daemon.stall_limit;
  if (limit == Duration::zero() || limit >= least_stall_limit) return;
  const Config_Node& given = *root.find("daemon")->find("stall_limit");
  errors.at_value(given, '"' + given.scalar() + "\" is less than 10ms; 0s: never");
}

/// Which processors there are, and which of them this process was given, only a try tells.
void check_cores(const Config_Node& root, const Daemon_Config& config, Config_Errors& errors) {
  const std::vector<unsigned>& cores = config.daemon.concurrency.cores;
  if (cores.empty()) return;
  auto core = cores.begin();  // there is one for each node, whether it could be read or not
  for (const Config_Node& node : *root.find("daemon")->find("concurrency")->find("cores")) {
    const int wanted = static_cast<int>(*core++);
    const Result<os::Thread> tried = os::spawn("core", [] {}, wanted);
    if (tried || tried.error() != std::errc::invalid_argument) continue;
    errors.outside(node, "cores: no thread of this process can stay on the processor " + std::to_string(wanted));
  }
}

void check_version(const Config_Node& root, const Daemon_Config& config, Config_Errors& errors) {
  const Config_Node* version = root.find("strata");
  if (version == nullptr || config.version <= 1) return;
  errors.at_value(*version, "version " + std::to_string(config.version) + " is not known; this is for version 1");
}

}  // namespace

std::span<const Field> Shutdown_Config::fields() {
  static constexpr std::array table{
      field<&Shutdown_Config::drain>("drain", "how long connections may take to end"),
  };
  return table;
}

std::span<const Field> Concurrency_Config::fields() {
  using Own = Concurrency_Config;
  static constexpr std::array table{
      field<&Own::model, Choice_Type<model_words>>("model", "which threads run the handlers"),
      field<&Own::workers>("workers", "threads of a worker pool (0: 4), or of a multi-reactor, for what is offloaded")
          .within(0, most_threads),
      field<&Own::reactors, Count_Type>("reactors", "of a multi-reactor: how many serve; auto: one a processor")
          .within(1, most_threads),
      field<&Own::threads, Count_Type>("threads", "of leader-followers; auto: one a processor").within(1, most_threads),
      field<&Own::accept, Choice_Type<accept_words>>("accept", "of a multi-reactor: who accepts"),
      field<&Own::cores>("cores", "processors that the threads stay on, in turn; empty: any").within(0, last_core),
  };
  return table;
}

std::span<const Field> Daemon_Settings::fields() {
  using Own = Daemon_Settings;
  static constexpr std::array table{
      field<&Own::name, Name_Type>("name", "what the daemon is called"),
      field<&Own::demultiplexer>("demultiplexer", "how it waits for events; where io_uring is refused: as auto")
          .one_of(&demultiplexers),
      field<&Own::proactor, Choice_Type<proactor_words>>("proactor", "operations that complete, and who does them"),
      field<&Own::spin>("spin", "polls so long before it sleeps; 0s: never").within(0, longest_spin),
      field<&Own::stall_limit>("stall_limit",
                               "a handler that blocks for longer is named in the log; 0s: never; else 10ms or more"),
      field<&Own::queue_limit, Size_Type>("queue_limit", "bytes that all services may have queued; 0: no limit"),
      field<&Own::concurrency>("concurrency", "how upcalls are spread over threads"),
      field<&Own::shutdown>("shutdown", "how it ends"),
  };
  return table;
}

std::span<const Field> Daemon_Config::fields() {
  using Own = Daemon_Config;
  static constexpr std::array table{
      field<&Own::version>("strata", "the version of this form, 1").within(1, 1'000'000).must(),
      field<&Own::include>("include", "files, or folders of them, below this one's: services and keys are added"),
      field<&Own::environment>("environment", "variables that ${NAME} or ${NAME:-text} in a value may use"),
      field<&Own::daemon>("daemon", "the process"),
      field<&Own::logging, Mapping_Type<&log_fields>>("logging", "what it writes down"),
      field<&Own::services>("services", "the list of what it serves").must(),
  };
  return table;
}

Daemon_Config read_daemon_config(const Config_Node& root, Config_Errors& errors) {
  Daemon_Config config;
  read_fields(root, {{Daemon_Config::fields(), &config}}, errors);
  check_version(root, config, errors);
  check_concurrency(root, config, errors);
  check_proactor(root, config, errors);
  check_stall_limit(root, config, errors);
  check_cores(root, config, errors);
  check_logging(root, config, errors);
  const Config_Node* services = root.find("services");
  if (services != nullptr && services->is_sequence() && services->size() == 0) {
    errors.at_value(*services, "is empty: there is nothing to serve");
  }
  return config;
}

}  // namespace v1
}  // namespace strata
