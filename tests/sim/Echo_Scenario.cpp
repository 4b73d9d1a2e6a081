// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <strata/connection/Acceptor.h>
#include <strata/reactor/Reactor.h>
#include <strata/sim/Client.h>
#include <strata/sim/Simulator.h>
#include <strata/timers/Timer_Queue.h>

#include "Kept.h"
#include "Model_Echo.h"
#include "Scenario.h"

namespace strata_test {
namespace {

using namespace std::chrono_literals;
using strata::errc;
using strata::Reactor;
using strata::sim::Client;
using strata::sim::Farewell;
using strata::sim::Simulator;

constexpr strata::Duration patience = 300s;  // virtual; the longest that a fault may hold a client is 127 s

/// One run: the world, the daemon's parts in it, and its clients.
class Echo_Run {
 public:
  Echo_Run(std::uint64_t seed, const Setting& setting, Simulator& simulator)
      : plan_{seed, setting}, simulator_{simulator}, ledger_{plan_, seed, simulator} {}

  void run() {
    start();
    if (ledger_.complaint.empty()) serve();
    if (ledger_.complaint.empty()) drain();
    if (ledger_.complaint.empty()) check_lives();
    if (ledger_.complaint.empty()) check_rest();
    if (ledger_.complaint.empty()) check_clients();
    dismantle();
  }
  const std::string& complaint() const { return ledger_.complaint; }

 private:
  void start() {
    simulator_.buffer_size(plan_.buffer);
    reactor_ = *Reactor::open(plan_.threads.reactor);
    pool_ = plan_.threads.open_pool(*reactor_);
    transports_ = plan_.threads.open_transports(*reactor_, pool_.get());
    service_.emplace(*reactor_, process_, ledger_, serving_of(pool_));
    service_->set_transports(transports_.get());
    acceptor_.emplace(*service_);
    const std::array<std::uint8_t, 4> loopback{127, 0, 0, 1};
    const std::array addresses{strata::os::Socket_Address::ipv4(loopback, 7007)};
    if (const auto opened = acceptor_->open(addresses, plan_.acceptor); !opened) complain(opened.error().what);
    simulator_.faults() = plan_.faults;
    simulator_.limit_descriptors(plan_.descriptors + 2 * plan_.threads.reactors);
    for (strata::sim::Client_Script script : plan_.clients) {
      script.to = addresses[0];
      clients_.emplace_back(simulator_, script);
    }
    if (pool_ && !pool_->start()) complain("the reactors do not start");
  }

  void serve() {
    if (plan_.drain_at == strata::Duration::zero()) {
      watch_over(simulator_.now() + patience);
    } else {
      simulator_.after(plan_.drain_at, [this] { reactor_->stop(); });
    }
    expect_run(reactor_->run());
  }

  /// Stops the loop when every client is done, or when patience is.
  void watch_over(strata::Time_Point limit) {
    simulator_.after(100ms, [this, limit] {
      const bool busy = std::ranges::any_of(clients_, [](const Client& client) { return !client.over(); });
      if (busy && simulator_.now() < limit) return watch_over(limit);
      reactor_->stop();
    });
  }

  /// As a daemon ends: no new peers, the old ones ask for no more; who will not go is closed.
  void drain() {
    acceptor_->close();
    service_->drain();
    expect_run(reactor_->run_for(20s));
    service_->close_all(errc::stopping);
    expect_run(reactor_->run_for(1s));
    if (pool_) pool_->stop();
  }

  void expect_run(const strata::Result<>& outcome) {
    if (!outcome) complain("the loop failed: " + outcome.error().message() + "; " + simulator_.diagnosis());
  }

  void check_lives() {
    for (const Life& life : ledger_.lives) {
      if (life.closes != 1) complain("handle_close came " + std::to_string(life.closes) + " times");
      if (!life.destroyed) complain("a closed handler was not freed");
    }
  }

  void check_rest() {
    if (service_->connections() != 0) complain("a connection is left");
    if (reactor_->size() != 0) complain("a handler is left");
    if (reactor_->timers().size() != 0) complain("a timer is left");
    const auto charged = service_->budget().used();
    if (charged != 0) complain("charged bytes are left: " + std::to_string(charged));
    if (process_.used() != 0) complain("bytes charged to the process are left");
  }

  void check_clients() {
    for (const Client& client : clients_) {
      if (!client.complaint().empty()) complain(client.complaint());
      check_client(client, life_of(client));
    }
  }

  const Life* life_of(const Client& client) const {
    const auto found = std::ranges::find(ledger_.lives, client.port(), &Life::port);
    return client.port() == 0 || found == ledger_.lives.end() ? nullptr : &*found;
  }

  void check_client(const Client& client, const Life* life) {
    const bool drained = plan_.drain_at != strata::Duration::zero();
    const bool whole = client.received() == client.script().bytes;
    const bool told_so = life != nullptr && (life->reason == errc::end_of_stream || life->reason == errc::stopping);
    if (client.state() == Client::State::ended && told_so && client.received() != life->put) {
      complain("the server put " + std::to_string(life->put) + " bytes, its peer read " +
               std::to_string(client.received()) + " and an orderly end");
    }
    if (drained) return;
    if (plan_.calm && !whole) complain("nothing cut it, yet a client got " + tally(client));
    if (client.state() == Client::State::ended && life != nullptr && life->reason == errc::end_of_stream && !whole) {
      complain("the server says that all is well, yet a client got " + tally(client));
    }
    const bool waits_for_echo = client.state() == Client::State::talking && client.script().read_most != 0;
    const bool stopped = life != nullptr && life->reason == errc::stopping;
    if (waits_for_echo && stopped) complain("a client starved: " + tally(client));
  }

  static std::string tally(const Client& client) {
    return std::to_string(client.received()) + " of " + std::to_string(client.script().bytes) + " bytes, " +
           std::to_string(client.sent()) + " sent, state " + std::to_string(static_cast<int>(client.state()));
  }

  void dismantle() {
    acceptor_.reset();
    pool_.reset();
    reactor_.reset();  // closes what a failed run has left
    transports_.reset();
    service_.reset();
    clients_.clear();
    if (simulator_.open_descriptors() != 0) {
      complain(std::to_string(simulator_.open_descriptors()) + " descriptors are left");
    }
  }

  void complain(const std::string& what) { ledger_.complain(what); }

  const Echo_Plan plan_;
  Simulator& simulator_;
  Echo_Ledger ledger_;
  strata::Budget process_;
  std::unique_ptr<strata::Completion_Transports> transports_;
  std::unique_ptr<Reactor> reactor_;
  std::unique_ptr<strata::Reactor_Pool> pool_;
  std::optional<Echo_Service> service_;
  std::optional<strata::Acceptor<Model_Echo>> acceptor_;
  std::vector<Client> clients_;
};

}  // namespace

Verdict run_echo(std::uint64_t seed, const Setting& setting, std::ostream* trace) {
  Simulator simulator{seed};
  simulator.trace().print_live(trace);
  simulator.end_after(2 * patience);
  auto run = std::make_unique<Echo_Run>(seed, setting, simulator);
  if (setting.serving == Serving::single) {
    run->run();
  } else if (!simulator.run([&run] { run->run(); })) {
    keep(std::move(run));
    return {simulator.trace().hash(), simulator.diagnosis()};
  }
  return {simulator.trace().hash(), run->complaint()};
}

}  // namespace strata_test
