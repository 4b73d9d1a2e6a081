// SPDX-License-Identifier: Apache-2.0
// What the seam costs: os:: functions over a table of fakes beside the same functions that call the fakes by name.
//
//   seam_bench [--rounds N] [--json]
//
//   receive   os::receive: three arguments, EINTR, Result    now   Clock::now: nothing but the call
//
// Every round times each in turn; the figures are nanoseconds a call. `added` is the difference within a round: the
// seam's price, at most 1 ns.

#include "Seam_Bench.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <string_view>
#include <vector>

#include <strata/os/Socket.h>

namespace {

namespace os = strata::os;

constexpr int calls = 50'000;  // a round and subject: 0.1 ms, well above the clock's grain
std::array<std::byte, 64> room;
volatile std::uint64_t sink;  // what is added up must be computed

template <class Call>
double ns_a_call(Call call) {
  std::uint64_t sum = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < calls; ++i) sum += call();
  const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - begin;
  sink = sum;
  return spent.count() / calls;
}

struct Samples {
  std::vector<double> direct, strata, added;

  void take(double direct_ns, double strata_ns) {
    direct.push_back(direct_ns);
    strata.push_back(strata_ns);
    added.push_back(strata_ns - direct_ns);
  }
};

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

void print(const char* operation, const char* subject, const std::vector<double>& values, bool json) {
  const double centre = median(values);
  std::vector<double> away;
  for (const double value : values) away.push_back(std::abs(value - centre));
  const auto [least, most] = std::ranges::minmax(values);
  const char* format = json ? R"({"peer":"%s","op":"%s","n":1,"ns":%.3f,"mad":%.3f,"min":%.3f,"max":%.3f})" "\n"
                            : "%-8s %-8s median %7.3f  MAD %6.3f  min %8.3f  max %8.3f\n";
  std::printf(format, subject, operation, centre, median(away), least, most);
}

void print(const char* operation, const Samples& samples, bool json) {
  print(operation, "direct", samples.direct, json);
  print(operation, "strata", samples.strata, json);
  print(operation, "added", samples.added, json);
}

void measure(Samples& receive, Samples& now) {
  const auto ticks = [](strata::Time_Point at) { return static_cast<std::uint64_t>(at.time_since_epoch().count()); };
  const os::Handle handle{3};
  receive.take(ns_a_call([&] { return *seam_bench::direct_receive(handle, room); }),
               ns_a_call([&] { return *os::receive(handle, room); }));
  now.take(ns_a_call([&] { return ticks(seam_bench::direct_now()); }),
           ns_a_call([&] { return ticks(strata::Clock::now()); }));
}

struct Arguments {
  int rounds = 301;  ///< 0: not understood
  bool json = false;
};

Arguments parsed(const std::vector<std::string_view>& words) {
  Arguments arguments;
  for (auto word = words.begin(); word != words.end(); ++word) {
    if (*word == "--json") {
      arguments.json = true;
    } else if (*word == "--rounds" && ++word != words.end()) {
      arguments.rounds = 0;
      std::from_chars(word->data(), word->data() + word->size(), arguments.rounds);
    } else {
      return {.rounds = 0};
    }
  }
  return arguments;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = parsed({argv + 1, argv + argc});
  if (arguments.rounds <= 0) {
    std::fputs("usage: seam_bench [--rounds N] [--json]\n", stderr);
    return 64;
  }
  os::Operations table = os::native_operations();
  table.receive = seam_bench::fake_receive;
  table.monotonic_ns = seam_bench::fake_monotonic_ns;
  const os::Operations_Scope scope{table};

  Samples warm_up, receive, now;
  measure(warm_up, warm_up);
  for (int round = 0; round < arguments.rounds; ++round) measure(receive, now);
  print("receive", receive, arguments.json);
  print("now", now, arguments.json);
}
