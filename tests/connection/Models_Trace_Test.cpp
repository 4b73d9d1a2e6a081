// SPDX-License-Identifier: Apache-2.0
// One program of connections has one canonical trace, whatever runs it: for each connection its hooks in order,
// adjacent data merged, and why it closed; for its peer what came back, and how that ended. STRATA_SEED=N runs one.
#include <array>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>
#include <strata/connection/Service.h>
#include <strata/connection/Svc_Handler.h>
#include <strata/sim/Random.h>
#include <strata_test/Descriptor_Guard.h>
#include <strata_test/Scale.h>

#include "Model_Rig.h"
#include "Peer.h"

namespace {

using namespace std::chrono_literals;
using namespace strata_test;
using strata::Result;
using Traces = std::map<std::string, std::string>;  // by the name of the connection

/// Where handlers leave their traces.
class Trace_Service final : public strata::Service {
 public:
  Trace_Service(Model_Rig& rig, strata::Thread_Pool* workers)
      : Service{"trace", *rig.main, {}, nullptr, strata::Budget::unlimited, rig.serving()} {
    set_workers(workers);
  }
  void keep(const std::string& name, const std::string& trace) {
    const std::lock_guard held{book_};
    traces_[name] = trace;
  }
  Traces take() {
    const std::lock_guard held{book_};
    return std::move(traces_);
  }

 private:
  std::mutex book_;
  Traces traces_;
};

/// Does what a line says; each is answered by a line, but those that end it.
class Obedient final : public strata::Svc_Handler {
 public:
  Result<> handle_data(Bytes bytes) override {
    while (!bytes.empty()) {
      const std::string_view text = strata::as_text(bytes);
      const std::size_t end = text.find('\n');
      if (end == std::string_view::npos || !takes_data()) return unread(bytes);
      const std::string line{text.substr(0, end)};
      note(line);
      bytes = bytes.subspan(end + 1);
      const Result<> done = obey(line);
      if (!done || ending_) return done;
    }
    return {};
  }
  Result<> handle_end() override {
    note("end");
    return Svc_Handler::handle_end();
  }
  void handle_close(std::error_code reason) noexcept override {
    note("close: " + reason.message());
    static_cast<Trace_Service&>(service()).keep(name_, trace_);
  }

 private:
  void note(std::string_view what) { (trace_ += what) += '\n'; }
  Result<> answer() { return put("done\n"); }

  Result<> obey(const std::string& line) {
    switch (line[0]) {
      case 'n': return name_ = line.substr(2), answer();
      case 'e': return put(line + '\n');
      case 'b': return put(std::string(20'000, 'b') + '\n');
      case 'p': return post_three();
      case 't': return set_timers();
      case 'o':
        return offload([] { return std::string{"then"}; }, [this](const std::string& then) {
          note(then);
          return answer();
        });
      case 's':
        suspend();
        late_ = schedule(1ms, [this] {
          note("resumed");
          resume();
          (void)answer();
        });
        return {};
      default: return end(line[0]);
    }
  }
  Result<> post_three() {
    for (int i = 0; i < 3; ++i) {
      const Result<> posted = home().post(ref(), [this, i] {
        note("post " + std::to_string(i));
        if (i == 2) (void)answer();
      });
      if (!posted) return posted;
    }
    return {};
  }
  Result<> set_timers() {
    early_ = schedule(1ms, [this] { note("early"); });  // first: in a pool a thread may be held up in between
    late_ = schedule(3ms, [this] {
      note("late");
      (void)answer();
    });
    return {};
  }
  Result<> end(char how) {
    ending_ = true;
    switch (how) {
      case 'c': return close(strata::errc::shed), Result<>{};
      case 'a': return abort(strata::errc::shed), Result<>{};
      case 'f': return (void)put("bye\n"), close_when_flushed(strata::errc::canceled), Result<>{};
      case 'h': return shutdown_send();
      case 'r': return strata::fail(strata::errc::write_timeout);
      default: throw std::runtime_error{"as told"};
    }
  }

  std::string name_, trace_;
  strata::Timer early_, late_;
  bool ending_ = false;
};

struct Burst {
  std::string lines;
  std::size_t answers = 0;
};

/// Sends some when the answers to those before have come, so that the order of all is the program's.
class Client {
 public:
  Client(const os::Socket_Address& to, std::string named, std::deque<Burst> script)
      : name(std::move(named)), peer_(Peer::connect(to)), script_(std::move(script)) {}

  /// False: there is no more to do.
  bool go_on() {
    peer_.read();
    if (peer_.ended || peer_.error) {
      if (peer_.handle()) trace = peer_.got + (peer_.ended ? "FIN" : peer_.error.message());
      peer_.close();
      return false;
    }
    for (; (looked_ = peer_.got.find('\n', looked_)) != std::string::npos; ++looked_) ++answers_;
    looked_ = peer_.got.size();
    if (answers_ < asked_ || script_.empty()) return true;
    const Burst& burst = script_.front();
    if (burst.lines == "FIN") {
      peer_.finish();
    } else if (burst.lines == "RST") {
      trace = peer_.got + burst.lines;
      return peer_.reset(), false;
    } else if (peer_.push(burst.lines) == 0) {
      return true;  // not connected yet
    }
    asked_ += burst.answers;
    script_.pop_front();
    return true;
  }

  std::string name, trace;

 private:
  Peer peer_;
  std::deque<Burst> script_;
  std::size_t asked_ = 0, answers_ = 0;
  std::size_t looked_ = 0;  ///< how far it has been looked for answers
};

class Models_Trace_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Models_Trace_Test);
  CPPUNIT_TEST(every_model_and_engine_leaves_the_same_traces);
  CPPUNIT_TEST_SUITE_END();

  static constexpr std::size_t connections = 8;
  static constexpr std::uint64_t operations = 200;  // hooks of one program, about

  /// What goes out at once, and how many answers it asks for. Of what comes later, one at a time.
  static std::deque<Burst> script(strata::sim::Random& random, const std::string& name) {
    static constexpr std::array at_once{"e ", "b ", "p "}, later{"t ", "o ", "s "};
    static constexpr std::array ends{"c\n", "a\n", "f\n", "h\n", "r\n", "x\n", "FIN", "RST"};
    std::deque<Burst> bursts{{"n " + name + '\n', 1}};
    for (std::uint64_t left = 2 + random.below(4); left != 0; --left) {
      Burst burst;
      const std::uint64_t size = 1 + random.below(4), late = random.below(2 * size);
      for (std::uint64_t i = 0; i < size; ++i) {
        burst.lines += i == late ? later[random.below(later.size())] : at_once[random.below(at_once.size())];
        burst.lines += std::to_string(left) + '\n';
        ++burst.answers;
      }
      bursts.push_back(burst);
    }
    bursts.push_back({ends[random.below(ends.size())], 1});
    if (bursts.back().lines == "h\n") bursts.push_back({"FIN", 1});
    return bursts;
  }

  /// Of the connections, and of their peers by "peer NAME".
  static Traces run(const Service_Model& model, std::string_view engine, std::uint64_t seed) {
    Model_Rig rig{model, engine};
    Trace_Service service{rig, seed % 2 == 0 ? rig.add_workers() : nullptr};
    const os::Socket_Address address = rig.listen<Obedient>(service);
    rig.start();
    strata::sim::Random random{seed};
    std::deque<Client> clients;
    for (std::size_t i = 0; i < connections; ++i) {
      const std::string name = std::to_string(i);
      clients.emplace_back(address, name, script(random, name));
    }
    std::size_t left = clients.size();
    std::vector<bool> over(clients.size());
    const bool came = comes_true([&] {
      for (std::size_t i = 0; i < clients.size(); ++i) {
        if (over[i] || clients[i].go_on()) continue;
        over[i] = true;
        --left;
      }
      return left == 0 && service.connections() == 0;
    });
    const bool ended = rig.end(service);
    CPPUNIT_ASSERT_MESSAGE("a peer waits for an answer or an end", came);
    CPPUNIT_ASSERT_MESSAGE("connections were left at the end", ended);
    Traces traces = service.take();
    for (const Client& one : clients) traces["peer " + one.name] = one.trace;
    return traces;
  }

  static void compare(const Traces& expected, const Traces& found, const std::string& where) {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(where, expected.size(), found.size());
    for (const auto& [name, trace] : expected) {
      const auto other = found.find(name);
      CPPUNIT_ASSERT_MESSAGE(where + "no trace of " + name, other != found.end());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(where + "trace of " + name, trace, other->second);
    }
  }

 public:
  void every_model_and_engine_leaves_the_same_traces() {
    const char* asked = std::getenv("STRATA_SEED");
    const std::uint64_t first = asked != nullptr ? std::strtoull(asked, nullptr, 10) : 1;
    const std::uint64_t last = asked != nullptr ? first : count(1'000'000) / operations;
    for (std::uint64_t seed = first; seed <= last; ++seed) {
      const Descriptor_Guard guard;
      const Traces expected = run(service_models[0], "epoll", seed);
      CPPUNIT_ASSERT_EQUAL(2 * connections, expected.size());
      for (const Service_Model& model : service_models) {
        for (const std::string_view engine : service_engines()) {
          const std::string where = std::string{model.name} + " on " + std::string{engine} + ", STRATA_SEED=" +
                                    std::to_string(seed) + ": ";
          compare(expected, run(model, engine, seed), where);
        }
      }
      guard.check();
    }
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Models_Trace_Test);
