// SPDX-License-Identifier: Apache-2.0
// Memory that is out, connects, datagrams, forks and stops of the process, in every model with real threads (faults 3,
// 11, 12, 22, 23).
#include <optional>
#include <string>

#include <cppunit/extensions/HelperMacros.h>
#include <strata/connection/Connector.h>
#include <strata/connection/Dgram_Server.h>
#include <strata_test/Child.h>
#include <strata_test/Failing_New.h>
#include <strata_test/Scale.h>

#include "Models_Fault_Rig.h"
#include "Nobody.h"
#include "Stopped_Server.h"

namespace {

using namespace strata_test;
using namespace std::chrono_literals;
using strata::Bytes;
using strata::Result;

os::Socket_Address loopback() { return os::Socket_Address::ipv4(std::array<std::uint8_t, 4>{127, 0, 0, 1}, 0); }

/// A socket that listens, in the test's own hands.
struct Harbour {
  Harbour() : listener(std::move(*os::open_socket(os::Family::ipv4, os::Socket_Kind::stream))) {
    CPPUNIT_ASSERT(os::bind(listener.get(), loopback()) && os::listen(listener.get(), 4096));
    address = *os::local_address(listener.get());
  }
  /// Who has come is let go.
  void clear() const {
    while (os::accept(listener.get())) {
    }
  }
  os::Unique_Handle listener;
  os::Socket_Address address;
};

/// Echoes datagrams.
class Reflector final : public strata::Dgram_Handler {
 public:
  static constexpr bool reflects = true;
  Result<> handle_datagram(Bytes bytes, const strata::INET_Addr& peer) override {
    if (inside_.exchange(true, std::memory_order_relaxed)) return strata::fail(std::errc::state_not_recoverable);
    const Result<> done = put(bytes, peer);
    inside_.store(false, std::memory_order_relaxed);
    return done;
  }

 private:
  std::atomic<bool> inside_{false};
};

/// Every third receive of datagrams says what ICMP told of an earlier one.
class Refusals {
 public:
  Refusals() : table_(refusing()), scope_(table_) {}

 private:
  static inline const os::Operations* below = nullptr;
  static inline std::atomic<unsigned> calls = 0;
  static os::Operations refusing() {
    below = &os::operations();
    os::Operations table = *below;
    table.receive_datagrams = [](os::Handle h, os::Datagram_In* slots, std::size_t size) {
      return ++calls % 3 == 0 ? raw(std::errc::connection_refused) : below->receive_datagrams(h, slots, size);
    };
    return table;
  }
  os::Operations table_;
  os::Operations_Scope scope_;
};

class Models_Peer_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Models_Peer_Test);
  CPPUNIT_TEST(fault_3_a_hook_without_memory_costs_its_connection_at_most);
  CPPUNIT_TEST(fault_11_each_connect_has_one_completion);
  CPPUNIT_TEST(fault_12_a_datagram_socket_stays_open);
  CPPUNIT_TEST(fault_22_a_child_leaves_the_service_alone);
  CPPUNIT_TEST(fault_23_a_process_that_was_stopped_serves_on);
  CPPUNIT_TEST_SUITE_END();

 public:
  /// The n-th allocation of a hook finds none, and no later one.
  void fault_3_a_hook_without_memory_costs_its_connection_at_most() {
    const std::string large = std::string(50'000, 'x');
    on_each_service_model([&](Fault_Rig& rig) {
      rig.service->on_data = [&rig, &large](Actor& actor, Bytes bytes) -> Result<> {
        if (bytes.front() == std::byte{'x'}) return actor.put(bytes);
        const Failing_New none{std::to_integer<long>(bytes.front())};
        actor.timer = actor.schedule(1h, [&rig] { ++rig.events; });
        if (const Result<> done = actor.put(large); !done) return done;
        if (const Result<> done = actor.home().post(actor.ref(), [&rig] { ++rig.calls; }); !done) return done;
        if (const Result<> done = actor.offload([large] {}, [&actor] { return actor.put("!"); }); !done) return done;
        return bytes.size() > 1 ? actor.unread(bytes.subspan(1)) : Result<>{};
      };
      rig.start();
      rig.knock(24);
      for (std::size_t n = 0; n < rig.peers.size(); ++n) {
        until([&] { return rig.peers[n].push(std::string{static_cast<char>(n % 12), 'x'}) != 0; });
      }
      for (Peer& peer : rig.peers) {  // its whole answer, or the end
        until([&] { return peer.read(), peer.ended || peer.error || peer.got.ends_with("!x"); });
      }
      rig.knock(1);
      until([&] { return echoes(rig.peers.back()); });
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, rig.events.load());
    });
  }

  void fault_11_each_connect_has_one_completion() {
    const std::uint64_t tries = count(100'000) / service_models.size() / service_engines().size() + 1;
    on_each_service_model([&](Fault_Rig& rig) {
      const Harbour harbour;
      const Nobody nobody;
      std::optional<strata::Connector<Actor>> connector{std::in_place, *rig.service};
      rig.start();
      for (std::uint64_t i = 0; i < tries; ++i) {
        rig.models.at_home([&rig, &connector, i, to = i % 3 == 1 ? nobody.address : harbour.address] {
          const auto id = connector->connect({to}, [&rig](std::error_code) { ++rig.events; });
          if (!id) {
            ++rig.calls;
          } else if (i % 3 == 2) {
            (void)connector->cancel(*id);
          }
        });
      }
      until([&] { return harbour.clear(), rig.service->opened + rig.events >= tries; });
      rig.models.at_home([&rig, &connector] {
        connector.reset();
        rig.flag = true;
      });
      until([&] { return rig.flag.load(); });
      CPPUNIT_ASSERT_EQUAL(tries, rig.service->opened + rig.events);
      CPPUNIT_ASSERT(rig.events >= tries / 3 && rig.service->opened >= tries / 3);
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, rig.calls.load());
    });
  }

  void fault_12_a_datagram_socket_stays_open() {
    on_each_service_model([](Fault_Rig& rig) {
      const Refusals refusals;
      strata::Dgram_Server<Reflector> server{*rig.service};
      CPPUNIT_ASSERT(server.open(std::array{loopback()}, {.datagram_size = 512}).has_value());
      const os::Socket_Address to = server.addresses().at(0);
      rig.start();
      auto client = strata::SOCK_Dgram::open(loopback()).value();
      const std::string whole(100, 'w'), longer(1'000, 'l');
      auto& metrics = rig.service->metrics();
      std::array<std::byte, 2'048> room;
      int answers = 0;
      until([&] {
        (void)client.send(strata::as_bytes(longer), to);
        (void)client.send(strata::as_bytes(whole), to);
        for (os::Datagram_In slot{room}; client.receive({&slot, 1}).has_value(); slot = os::Datagram_In{room}) {
          answers += slot.size == whole.size() ? 1 : 1'000'000;
        }
        return answers >= 20 && metrics.receive_errors.value() >= 3 && metrics.truncated.value() >= 3;
      });
      CPPUNIT_ASSERT(answers < 1'000'000);
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, metrics.rejected.value());
      rig.models.at_home([&rig, &server] {
        server.close();
        rig.flag = true;
      });
      until([&] { return rig.flag.load() && rig.service->connections() == 0; });
      rig.finish();  // before the table goes
    });
  }

  /// It opens a reactor of its own; what it has of the parent's it only closes, as it ends.
  void fault_22_a_child_leaves_the_service_alone() {
    on_each_service_model([](Fault_Rig& rig) {
      rig.start();
      rig.knock(3);
      rig.expect_all_served();
      CPPUNIT_ASSERT_EQUAL(0, in_a_child([] {
        if (sanitized) return 0;  // their runtimes do not bear more after a fork of many threads
        bool ran = false;
        auto own = strata::Reactor::open();
        return own && (*own)->post([&] { ran = true; }) && (*own)->poll() && ran ? 0 : 1;
      }));
      for (Peer& peer : rig.peers) peer.got.clear();
      rig.knock(3);
      rig.expect_all_served();
    });
  }

  void fault_23_a_process_that_was_stopped_serves_on() {
    in_models(service_engines(), any_model, [](const Service_Model& model, std::string_view engine) {
      expect_served_across_stops([&](auto serve) {
        std::atomic<std::uint64_t> ticks{0};
        Fault_Rig rig{model, engine, {}};
        rig.service->on_open = [&ticks](Actor& actor) -> Result<> {
          actor.timer = actor.schedule(1ms, [&ticks] { ++ticks; }, 1ms);
          return {};
        };
        serve(rig);
      });
    });
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Models_Peer_Test);
