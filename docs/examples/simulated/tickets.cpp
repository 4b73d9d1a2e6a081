// SPDX-License-Identifier: Apache-2.0
// A service whose connections share a counter, served by three threads: run for many seeds, one of them finds the race.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <strata/connection/Acceptor.h>
#include <strata/connection/Svc_Handler.h>
#include <strata/os/Monitor.h>
#include <strata/os/Thread.h>
#include <strata/reactor/Reactor.h>
#include <strata/reactor/Reactor_Options.h>
#include <strata/sim/Simulator.h>
#include <strata/wrappers/SOCK_Connector.h>

using namespace strata;
using namespace std::chrono_literals;

namespace {

bool locked = false;

/// What the connections share.
struct Counter {
  explicit Counter(Service&) {}
  int last = 0;
  Time_Point when;
  os::Monitor monitor;
};

/// Gives each peer that sends something the next number.
class Tickets final : public Svc_Handler {
 public:
  explicit Tickets(Service& service) : counter_(service.state<Counter>()) {}

 private:
  Result<> handle_data(Bytes) override {
    if (locked) counter_.monitor.lock();
    const int number = counter_.last + 1;
    counter_.when = Clock::now();
    counter_.last = number;
    if (locked) counter_.monitor.unlock();
    return put(std::to_string(number) + '\n');
  }

  Counter& counter_;
};

const std::array address{os::Socket_Address::ipv4(std::array<std::uint8_t, 4>{127, 0, 0, 1}, 7008)};

/// A peer is a thread: it asks, and waits as long as the answer takes.
int ask(sim::Simulator& world) {
  SOCK_Stream peer = *SOCK_Connector::start(address[0]);
  while (!peer.send(as_bytes("please"))) world.advance(1ms);
  std::array<std::byte, 16> room{};
  while (!peer.receive(room)) world.advance(1ms);
  return std::atoi(as_text(room).data());
}

/// The numbers that four peers get.
std::vector<int> serve_four(sim::Simulator& world) {
  Reactor_Options options;
  options.dispatch = Dispatch::worker_pool;
  options.threads = 3;
  const std::unique_ptr<Reactor> reactor = *Reactor::open(options);
  Service service{"tickets", *reactor};
  Acceptor<Tickets> acceptor{service};
  if (!acceptor.open(address)) std::abort();

  std::vector<int> numbers(4);
  os::Thread server = *os::spawn("server", [&] { (void)reactor->run(); });
  std::vector<os::Thread> peers;
  for (int& number : numbers) peers.push_back(*os::spawn("peer", [&] { number = ask(world); }));
  peers.clear();  // joins
  (void)reactor->post([&] {
    acceptor.close();
    service.close_all(errc::stopping);
  });
  while (!service.idle()) world.advance(1ms);
  reactor->stop();
  server.join();
  return numbers;
}

bool passes(std::uint64_t seed) {
  sim::Simulator world{seed};
  std::vector<int> numbers;
  if (!world.run([&] { numbers = serve_four(world); })) {
    std::printf("seed %d: %s\n", static_cast<int>(seed), world.diagnosis().c_str());
    return false;
  }
  int sum = 0;
  for (const int number : numbers) sum += number;
  if (sum == 1 + 2 + 3 + 4) return true;
  std::printf("seed %d: the peers got %d, %d, %d, %d\n", static_cast<int>(seed), numbers[0], numbers[1], numbers[2],
              numbers[3]);
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  locked = argc > 1 && std::string_view{argv[1]} == "--locked";
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    if (!passes(seed)) return 1;
  }
  std::puts("500 seeds: each number is given once");
}
