// SPDX-License-Identifier: Apache-2.0
// One connection's load on a memcached at 127.0.0.1; prints one line of JSON. Every answer is compared.
// `cache_load --port N --op get|set|fill [--depth D] [--seconds S] [--items N] [--value BYTES] [--pid SERVER]`
//   get, set  D commands are sent in one write, and the next when all are answered; keys in a random order
//   fill      sets all items once, 64 at a time, without measuring
#include <time.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>

#include "common/Server_Setup.h"

namespace {

class Peer {
 public:
  explicit Peer(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_in address = bench::loopback(port);
    bench::require(connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "connect");
    bench::set_option(fd_, IPPROTO_TCP, TCP_NODELAY, 1);
  }
  ~Peer() { close(fd_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  /// Sends `question`, and requires exactly `answer`.
  void ask(std::string_view question, std::string_view answer) {
    bench::require(write(fd_, question.data(), question.size()) == static_cast<ssize_t>(question.size()), "write");
    got_.resize(answer.size());
    for (std::size_t have = 0; have < got_.size();) {
      const ssize_t more = read(fd_, got_.data() + have, got_.size() - have);
      bench::require(more > 0, "read");
      have += static_cast<std::size_t>(more);
    }
    if (got_ == answer) return;
    std::fprintf(stderr, "asked %.60s\n", question.data());
    std::fprintf(stderr, "wrong answer: %.60s\n", got_.c_str());
    std::exit(EXIT_FAILURE);
  }

 private:
  int fd_;
  std::string got_;
};

struct Load {
  bool sets;
  std::size_t depth, items, value_size;

  std::string key(std::size_t i) const { return "key:" + std::to_string(1'000'000'000 + i); }
  std::string value(std::size_t i) const { return std::string(value_size, static_cast<char>('a' + i % 26)); }

  void add(std::size_t i, std::string& question, std::string& answer) const {
    const std::string size = std::to_string(value_size);
    if (sets) {
      question += "set " + key(i) + " 0 0 " + size + "\r\n" + value(i) + "\r\n";
      answer += "STORED\r\n";
    } else {
      question += "get " + key(i) + "\r\n";
      answer += "VALUE " + key(i) + " 0 " + size + "\r\n" + value(i) + "\r\nEND\r\n";
    }
  }
};

void fill(Peer& peer, Load load) {
  load.sets = true;
  for (std::size_t i = 0; i < load.items;) {
    std::string question, answer;
    for (std::size_t end = std::min(load.items, i + 64); i < end; ++i) load.add(i, question, answer);
    peer.ask(question, answer);
  }
}

std::chrono::nanoseconds cpu_of(pid_t process) {
  clockid_t clock{};
  timespec time{};
  bench::require(clock_getcpuclockid(process, &clock) == 0 && clock_gettime(clock, &time) == 0, "CPU clock");
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

void measure(Peer& peer, const Load& load, double seconds, pid_t server) {
  using Clock = std::chrono::steady_clock;
  std::minstd_rand random{7};
  const auto before = cpu_of(server);
  const auto begin = Clock::now(), end = begin + std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
  double commands = 0;
  while (Clock::now() < end) {
    std::string question, answer;
    for (std::size_t i = 0; i < load.depth; ++i) load.add(random() % load.items, question, answer);
    peer.ask(question, answer);
    commands += static_cast<double>(load.depth);
  }
  const double took = std::chrono::duration<double>(Clock::now() - begin).count();
  std::printf("{\"messages\":%.0f,\"errors\":0,\"throughput\":%.1f,\"cpu_ns\":%.1f}\n", commands, commands / took,
              static_cast<double>((cpu_of(server) - before).count()) / commands);
}

}  // namespace

int main(int argc, char** argv) {
  const auto number = [&](const char* name, const char* otherwise) {
    return std::strtod(bench::argument(argc, argv, name, otherwise), nullptr);
  };
  const std::string_view op = bench::argument(argc, argv, "--op", "get");
  const Load load{op == "set", static_cast<std::size_t>(number("--depth", "1")),
                  static_cast<std::size_t>(number("--items", "10000")),
                  static_cast<std::size_t>(number("--value", "100"))};
  Peer peer{bench::port_argument(argc, argv)};
  if (op == "fill") {
    fill(peer, load);
  } else {
    measure(peer, load, number("--seconds", "1"), static_cast<pid_t>(number("--pid", "0")));
  }
  return EXIT_SUCCESS;
}
