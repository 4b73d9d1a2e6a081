// SPDX-License-Identifier: Apache-2.0
// Runs a scenario for many seeds, each twice: both runs must agree in every call, and with the model. The first seed
// that fails ends it, with the command that replays it.
#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <strata/logging/Log_System.h>
#include <strata_test/Scale.h>

#include "Scenario.h"

namespace {

using strata_test::Serving;
using strata_test::Setting;
using strata_test::Verdict;

struct Named_Scenario {
  std::string_view name;
  Verdict (*run)(std::uint64_t seed, const Setting& setting, std::ostream* trace);
  std::uint64_t full;    ///< seeds of `check --full`
  bool models = false;   ///< the setting makes a difference
};
Verdict run_pool(std::uint64_t seed, const Setting&, std::ostream* trace) { return strata_test::run_pool(seed, trace); }
Verdict run_reactor(std::uint64_t seed, const Setting&, std::ostream* trace) {
  return strata_test::run_reactor(seed, trace);
}

constexpr Named_Scenario scenarios[] = {{"echo", strata_test::run_echo, 100'000, true},
                                        {"cache", strata_test::run_cache, 50'000, true},
                                        {"pool", run_pool, 100'000},
                                        {"reactor", run_reactor, 250'000}};  // of 400 calls each
constexpr std::string_view models[] = {"single", "worker-pool", "multi-reactor", "leader-followers"};  // as Serving

struct Task {
  const char* program = "";
  std::string_view scenario = "echo";
  Setting setting;
  std::uint64_t first = 1;
  std::uint64_t seeds = 0;  ///< 0: as many as fit the kind of run
  bool trace = false;
};

Task task;
std::uint64_t seed_running = 0;

std::string_view model() { return models[static_cast<std::size_t>(task.setting.serving)]; }

void print_replay() {
  std::cerr << "replay: " << task.program << " --scenario " << task.scenario;
  if (task.setting.serving != Serving::single) std::cerr << " --model " << model();
  if (task.setting.completions) std::cerr << " --proactor io_uring";
  std::cerr << " --seed " << seed_running << " --trace\n";
}

/// An assertion or a crash in the code under test: the seed must not be lost with the process.
void died(int signal) {
  std::cerr << task.scenario << " seed " << seed_running << ": died of signal " << signal << '\n';
  print_replay();
  std::_Exit(1);
}

/// Empty, or what is wrong with this seed.
std::string check(const Named_Scenario& scenario, std::uint64_t seed) {
  seed_running = seed;
  const Verdict first = scenario.run(seed, task.setting, task.trace ? &std::cout : nullptr);
  if (!first.complaint.empty()) return first.complaint;
  const Verdict second = scenario.run(seed, task.setting, nullptr);
  if (!second.complaint.empty()) return "only the second run: " + second.complaint;
  return first.hash == second.hash ? "" : "two runs of one seed differ";
}

std::uint64_t default_seeds(const Named_Scenario& scenario) {
  const bool threads = task.setting.serving != Serving::single || scenario.run == strata_test::run_cache;
  const std::uint64_t usual = threads ? 100 : 2000;  // threads that take turns are slower
  const bool whole = std::getenv("STRATA_FULL") != nullptr;
  const std::uint64_t seeds = whole ? scenario.full : usual;
  return strata_test::sanitized ? seeds / (whole ? 100 : 4) : seeds;
}

int run(const Named_Scenario& scenario) {
  if (task.seeds == 0) task.seeds = default_seeds(scenario);
  for (std::uint64_t seed = task.first; seed != task.first + task.seeds; ++seed) {
    if (const std::string wrong = check(scenario, seed); !wrong.empty()) {
      std::cerr << scenario.name << " seed " << seed << ": " << wrong << '\n';
      print_replay();
      return 1;
    }
  }
  std::cout << scenario.name << (scenario.models ? ", " : "") << (scenario.models ? model() : "")
            << (task.setting.completions ? ", completions" : "") << ": " << task.seeds
            << " seeds from " << task.first << ", each twice, all well\n";
  return 0;
}

int usage() {
  std::cerr << "usage: " << task.program << " [--scenario|--service NAME] [--model MODEL] [--proactor io_uring|none]"
               " [--seeds N] [--first SEED] [--seed SEED] [--trace]\n"
            << "scenarios:";
  for (const Named_Scenario& each : scenarios) std::cerr << ' ' << each.name;
  std::cerr << "\nmodels:";
  for (const std::string_view each : models) std::cerr << ' ' << each;
  std::cerr << "\n--seed runs that one alone; --trace prints every call through the seam\n";
  return 64;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool parse(std::span<char* const> arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view name = arguments[i];
    if (name == "--trace") {
      task.trace = true;
      continue;
    }
    if (++i == arguments.size()) return false;
    if (name == "--scenario" || name == "--service") {
      task.scenario = arguments[i];
      continue;
    }
    if (name == "--model") {
      const auto* const found = std::ranges::find(models, std::string_view{arguments[i]});
      if (found == std::end(models)) return false;
      task.setting.serving = static_cast<Serving>(found - std::begin(models));
      continue;
    }
    if (name == "--proactor") {
      const std::string_view which = arguments[i];
      if (which != "io_uring" && which != "none") return false;
      task.setting.completions = which == "io_uring";
      continue;
    }
    const auto value = number(arguments[i]);
    if (!value) return false;
    if (name == "--seeds") task.seeds = *value;
    if (name == "--first" || name == "--seed") task.first = *value;
    if (name == "--seed") task.seeds = 1;
    if (name != "--seeds" && name != "--first" && name != "--seed") return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  task.program = argv[0];
  if (!parse(std::span{argv, static_cast<std::size_t>(argc)}.subspan(1))) return usage();
  std::signal(SIGABRT, died);
  if (!strata_test::sanitized) std::signal(SIGSEGV, died);  // the sanitizers' own report says more
  strata::Log_System::process().set_level("", strata::Log_Level::off);
  for (const Named_Scenario& each : scenarios) {
    if (each.name == task.scenario) return run(each);
  }
  return usage();
}
