// SPDX-License-Identifier: Apache-2.0
// The cache service under peers that are threads: each knows what its own keys hold, and all count up one together.
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <strata/connection/Acceptor.h>
#include <strata/os/Thread.h>
#include <strata/reactor/Reactor.h>
#include <strata/sim/Simulator.h>
#include <strata/wrappers/SOCK_Connector.h>

#include "../../services/cache/Cache_Session.h"
#include "Kept.h"
#include "Serving_Plan.h"

namespace strata_test {
namespace {

namespace os = strata::os;
using namespace std::chrono_literals;
using strata::sim::Random;
using strata::sim::Simulator;

os::Socket_Address address() {
  return os::Socket_Address::ipv4(std::array<std::uint8_t, 4>{127, 0, 0, 1}, 11211);
}

/// One that asks and waits for the answer, with whatever time that takes.
class Asker {
 public:
  explicit Asker(Simulator& world) : world_{world} {
    while (!peer_) {
      if (auto started = strata::SOCK_Connector::start(address())) peer_ = std::move(*started);
    }
  }

  /// What comes up to the first line that is `last`.
  std::string ask(std::string_view text, std::string_view last = "\r\n") {
    while (!text.empty() && !gone_) {
      const auto taken = peer_->send(strata::as_bytes(text));
      if (taken) text.remove_prefix(*taken);
      note(taken);
    }
    while (!heard_.ends_with(last) && !gone_) {
      std::array<std::byte, 4096> room;
      const auto got = peer_->receive(room);
      if (got) heard_ += strata::as_text(strata::Const_Bytes{room}.first(*got));
      if (got && *got == 0) gone_ = true;
      note(got);
    }
    return std::exchange(heard_, {});
  }

 private:
  void note(const strata::Result<std::size_t>& outcome) {
    if (outcome) return;
    if (outcome.error() != std::errc::operation_would_block) gone_ = true;
    world_.advance(200us);
  }

  Simulator& world_;
  std::optional<strata::SOCK_Stream> peer_;
  std::string heard_;
  bool gone_ = false;
};

class Cache_Run {
 public:
  Cache_Run(std::uint64_t seed, const Setting& setting, Simulator& world)
      : random_{seed ^ 0xcac4e}, plan_{Random{seed ^ 0x7e4d}, setting}, world_{world} {}

  void run() {
    reactor_ = std::move(*strata::Reactor::open(plan_.reactor));
    pool_ = plan_.open_pool(*reactor_);
    transports_ = plan_.open_transports(*reactor_, pool_.get());
    service_.emplace("cache", *reactor_, strata::Stream_Options{}, nullptr, strata::Budget::unlimited,
                     serving_of(pool_));
    service_->set_transports(transports_.get());
    acceptor_.emplace(*service_);
    if (!acceptor_->open(std::array{address()}, {.accept = plan_.accept})) return complain("nobody listens");
    world_.faults() = strata::sim::Faults::drawn(random_, false);
    world_.faults().no_descriptor = 0;  // an echo's matter
    if (pool_ && !pool_->start()) return complain("the reactors do not start");
    os::Thread server = std::move(*os::spawn("server", [this] {
      ran_ = reactor_->run();
      reactor_->end_operations();
    }));
    {
      std::vector<os::Thread> peers;
      const std::uint64_t count = random_.between(2, 4);
      for (std::uint64_t i = 0; i < count; ++i) {
        peers.push_back(std::move(*os::spawn("peer", [this, i] { talk(i); })));
      }
    }
    end(server);
    if (!ran_) complain("the run failed: " + ran_.error().message() + "; " + world_.diagnosis());
    if (counted_.size() != counts_) complain("two peers counted up to the same number");
    if (!counted_.empty() && *counted_.rbegin() != counts_) complain("a count was lost");
  }
  const std::string& complaint() const { return complaint_; }

 private:
  void talk(std::uint64_t number) {
    Asker asker{world_};
    std::map<std::string, std::string> model;
    const std::uint64_t turns = random_.between(5, 20);
    for (std::uint64_t i = 0; i < turns && complaint_.empty(); ++i) {
      const std::string key = "key-" + std::to_string(number) + '-' + std::to_string(random_.below(3));
      const std::uint64_t way = random_.below(4);
      if (way == 0) {
        const std::string value(random_.chance(0.1) ? random_.below(20'000) : random_.below(100), 'v');
        expect(asker.ask("set " + key + " 0 0 " + std::to_string(value.size()) + "\r\n" + value + "\r\n"),
               "STORED\r\n");
        model[key] = value;
      } else if (way == 1) {
        expect(asker.ask("get " + key + "\r\n", "END\r\n"), answer(model, key));
      } else if (way == 2) {
        expect(asker.ask("delete " + key + "\r\n"), model.erase(key) != 0 ? "DELETED\r\n" : "NOT_FOUND\r\n");
      } else {
        count_up(asker);
      }
    }
  }

  static std::string answer(const std::map<std::string, std::string>& model, const std::string& key) {
    const auto found = model.find(key);
    if (found == model.end()) return "END\r\n";
    return "VALUE " + key + " 0 " + std::to_string(found->second.size()) + "\r\n" + found->second + "\r\nEND\r\n";
  }

  /// Each number is given once.
  void count_up(Asker& asker) {
    (void)asker.ask("add all 0 0 1\r\n0\r\n");
    const std::string text = asker.ask("incr all 1\r\n");
    ++counts_;
    counted_.insert(std::strtoull(text.c_str(), nullptr, 10));
  }

  /// As a daemon ends: acceptor, connections, threads, service.
  void end(os::Thread& server) {
    const strata::Result<> posted = reactor_->post([this] {
      acceptor_->close();
      service_->close_all(strata::errc::stopping);
    });
    if (!posted) complain("the server takes no posts");
    for (int i = 0; i < 1'000 && !service_->idle(); ++i) world_.advance(10ms);
    if (!service_->idle()) complain("a connection is left");
    reactor_->stop();
    server.join();
    if (pool_) pool_->stop();
    acceptor_.reset();
    pool_.reset();
    reactor_.reset();
    service_.reset();
    if (world_.open_descriptors() != 0) complain("descriptors are left");
  }

  void expect(const std::string& got, const std::string& wanted) {
    if (got != wanted) complain("'" + wanted.substr(0, 60) + "' was due, '" + got.substr(0, 60) + "' came");
  }
  void complain(const std::string& what) {
    if (complaint_.empty()) complaint_ = what;
  }

  Random random_;
  const Serving_Plan plan_;
  Simulator& world_;
  std::unique_ptr<strata::Completion_Transports> transports_;
  std::unique_ptr<strata::Reactor> reactor_;
  std::unique_ptr<strata::Reactor_Pool> pool_;
  std::optional<strata::Service> service_;
  std::optional<strata::Acceptor<cache::Cache_Session>> acceptor_;
  strata::Result<> ran_;
  std::set<std::uint64_t> counted_;
  std::size_t counts_ = 0;
  std::string complaint_;
};

}  // namespace

Verdict run_cache(std::uint64_t seed, const Setting& setting, std::ostream* trace) {
  Simulator world{seed};
  world.trace().print_live(trace);
  world.end_after(600s);
  auto run = std::make_unique<Cache_Run>(seed, setting, world);
  if (world.run([&run] { run->run(); })) return {world.trace().hash(), run->complaint()};
  keep(std::move(run));
  return {world.trace().hash(), world.diagnosis()};
}

}  // namespace strata_test
