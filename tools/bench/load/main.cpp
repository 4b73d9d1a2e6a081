// SPDX-License-Identifier: Apache-2.0
// One thread of load on an echo server at 127.0.0.1; prints one line of JSON.
// `echo_load --port N --workload NAME [--messages N] [--seconds S] [--connections N] [--pid SERVER] [--hold]`
//   --pid    also reports the CPU time that the server took, from after the connections' first echo
//   --hold   prints, then keeps the connections until stdin ends
// Beside rivals (a flood, a blocker) the figures are the others'; of the rivals' messages the number is printed.
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>

#include "common/Server_Setup.h"
#include "load/Churn_Load.h"
#include "load/Steady_Load.h"

namespace {

// All threads of a process, the ended ones too; exact, also while it runs on another core. 0 without a process.
class Cpu_Clock {
 public:
  explicit Cpu_Clock(pid_t process) : known_(process > 0) {
    if (known_) bench::require(clock_getcpuclockid(process, &clock_) == 0, "clock_getcpuclockid");
  }
  [[nodiscard]] std::chrono::nanoseconds now() const {
    timespec time{};
    if (known_) bench::require(clock_gettime(clock_, &time) == 0, "clock_gettime");
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  }

 private:
  bool known_;
  clockid_t clock_{};
};

void settle() { std::this_thread::sleep_for(std::chrono::milliseconds(5)); }

void print(const bench::Workload& workload, const bench::Report& report, std::chrono::nanoseconds cpu) {
  const double seconds = std::chrono::duration<double>(report.time).count();
  const auto messages = static_cast<double>(report.messages);
  const auto microseconds = [&](double share) { return static_cast<double>(report.latencies.percentile(share)) / 1e3; };
  std::printf(R"({"workload":"%.*s","messages":%llu,"errors":%llu,"seconds":%.6f,"throughput":%.1f,)",
              static_cast<int>(workload.name.size()), workload.name.data(),
              static_cast<unsigned long long>(report.messages), static_cast<unsigned long long>(report.errors), seconds,
              seconds > 0 ? messages / seconds : 0);
  std::printf(R"("p50_us":%.2f,"p99_us":%.2f,"cpu_ns":%.1f,"rival_messages":%llu})"
              "\n",
              microseconds(0.50), microseconds(0.99), messages > 0 ? static_cast<double>(cpu.count()) / messages : 0,
              static_cast<unsigned long long>(report.rival_messages));
  std::fflush(stdout);
}

template <typename Load>
void run(Load& load, const bench::Workload& workload, const bench::Limits& limits, const Cpu_Clock& server) {
  settle();
  const auto before = server.now();
  const bench::Report report = load.run(limits);
  settle();
  print(workload, report, server.now() - before);
}

}  // namespace

int main(int argc, char** argv) {
  const auto number = [&](const char* name, const char* otherwise) {
    return std::strtod(bench::argument(argc, argv, name, otherwise), nullptr);
  };
  auto workload = bench::find_workload(bench::argument(argc, argv, "--workload", "100x64"));
  const std::uint16_t port = bench::port_argument(argc, argv);
  if (!workload || port == 0) {
    std::fputs("echo_load: no such workload, or no --port\n", stderr);
    return EXIT_FAILURE;
  }
  bench::raise_descriptor_limit();
  workload->connections =
      static_cast<std::size_t>(number("--connections", std::to_string(workload->connections).c_str()));
  const bench::Limits limits{
      .messages = static_cast<std::uint64_t>(number("--messages", "1e12")),
      .time = std::chrono::nanoseconds(static_cast<std::int64_t>(number("--seconds", "1") * 1e9))};
  const Cpu_Clock server(static_cast<pid_t>(number("--pid", "0")));
  if (workload->churn) {
    bench::Churn_Load load(port, *workload);
    run(load, *workload, limits, server);
  } else {
    bench::Steady_Load load(port, *workload);
    run(load, *workload, limits, server);
    char byte = 0;
    if (bench::has_flag(argc, argv, "--hold"))
      while (read(STDIN_FILENO, &byte, 1) > 0) {
      }
  }
  return EXIT_SUCCESS;
}
