// SPDX-License-Identifier: Apache-2.0
// Strata's timers beside their floors, in interleaved rounds:
//
//   timers_strata [--list] [--filter TEXT] [--rounds N] [--json] [COUNT…]
//
//   bare_wheel, lazy_heap   the floors
//   strata, strata_heap     wheel and heap with Handler_Timers in an array
//   strata_80               the wheel with Handler_Timers in objects of 80 bytes
//   strata_callback         the wheel under callback timers with their tokens
//
//   schedule, cancel, refresh, expire   common/Timer_Bench.h
//   refile                              a refresh and all that it puts off until expiry
//
// Without --rounds one round, a line of JSON a figure, as the peers' programs print them.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include <strata/timers/Timer_Heap.h>
#include <strata/timers/Timer_Wheel.h>

#include "common/Timer_Bench.h"
#include "timers/Contenders.h"
#include "timers/Refile_Bench.h"
#include "timers/Rounds.h"

namespace {

using Sink = std::function<void(const bench::Timer_Figure&)>;

struct Contender {
  const char* name;
  void (*run)(const char* name, std::size_t count, const Sink& sink);
};

template <typename Queue>
void run(const char* name, std::size_t count, const Sink& sink) {
  bench::Timer_Bench<Queue>(name, count, sink).run();
  sink({name, "refile", count, bench::refile_ns<Queue>(count)});
}

using bench::Bare_Nodes, bench::Callbacks, bench::Floor;
constexpr Contender contenders[] = {
    {"bare_wheel", run<Floor<bench::Bare_Wheel>>},
    {"lazy_heap", run<Floor<bench::Lazy_Heap>>},
    {"strata", run<Bare_Nodes<strata::Timer_Wheel, bench::Bare_Node>>},
    {"strata_80", run<Bare_Nodes<strata::Timer_Wheel, bench::Handler_With_Timer>>},
    {"strata_callback", run<Callbacks<strata::Timer_Wheel>>},
    {"strata_heap", run<Bare_Nodes<strata::Timer_Heap, bench::Bare_Node>>},
};

struct Arguments {
  bool good = true;
  bool list = false;
  bool json = false;
  unsigned long rounds = 0;
  std::string filter;
  std::vector<std::size_t> counts;
};

Arguments parsed(const std::vector<std::string>& words) {
  Arguments arguments;
  for (auto word = words.begin(); word != words.end(); ++word) {
    if (*word == "--list") {
      arguments.list = true;
    } else if (*word == "--json") {
      arguments.json = true;
    } else if (*word == "--rounds" && word + 1 != words.end()) {
      arguments.rounds = std::strtoul((++word)->c_str(), nullptr, 10);
    } else if (*word == "--filter" && word + 1 != words.end()) {
      arguments.filter = *++word;
    } else if (const std::size_t count = std::strtoull(word->c_str(), nullptr, 10); count > 1) {
      arguments.counts.push_back(count);
    } else {
      arguments.good = false;
    }
  }
  if (arguments.counts.empty()) arguments.counts = {1'000, 10'000, 100'000, 1'000'000};
  return arguments;
}

/// Those whose name contains the filter, and the floors.
std::vector<Contender> chosen(const std::string& filter) {
  std::vector<Contender> found(std::begin(contenders), std::begin(contenders) + 2);
  std::copy_if(std::begin(contenders) + 2, std::end(contenders), std::back_inserter(found),
               [&](const Contender& one) { return std::string(one.name).find(filter) != std::string::npos; });
  return found;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = parsed({argv + 1, argv + argc});
  std::vector<Contender> wanted = chosen(arguments.filter);
  if (!arguments.good) {
    std::fputs("usage: timers_strata [--list] [--filter TEXT] [--rounds N] [--json] [COUNT...]\n", stderr);
    return 64;
  }
  if (arguments.list) {
    for (const Contender& one : wanted) std::puts(one.name);
    return 0;
  }
  bench::Rounds rounds;
  const Sink take = [&](const bench::Timer_Figure& figure) { rounds.take(figure); };
  const Sink sink = arguments.rounds == 0 ? Sink{bench::print} : take;
  std::mt19937 random(std::random_device{}());
  for (unsigned long round = 0; round < std::max(arguments.rounds, 1ul); ++round) {
    for (const std::size_t count : arguments.counts) {
      std::shuffle(wanted.begin(), wanted.end(), random);
      for (const Contender& one : wanted) one.run(one.name, count, sink);
    }
  }
  if (arguments.rounds != 0) rounds.print(arguments.json);
}
