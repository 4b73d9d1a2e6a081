// SPDX-License-Identifier: Apache-2.0
#include <strata/sim/Simulator.h>

#include <array>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <strata/os/Clock.h>
#include <strata/os/Entropy.h>
#include <strata/os/Signal_Source.h>
#include <strata/os/Waker.h>
#include <strata/sim/Client.h>

#include "Plain_Echo.h"

namespace strata_test {

using namespace std::chrono_literals;
using strata::sim::Client;
using strata::sim::Client_Script;
using strata::sim::Farewell;
using strata::sim::Faults;
using strata::sim::Simulator;

class Simulator_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Simulator_Test);
  CPPUNIT_TEST(a_wait_takes_no_real_time);
  CPPUNIT_TEST(a_loop_that_nothing_can_wake_is_a_deadlock);
  CPPUNIT_TEST(a_loop_that_goes_on_for_ever_is_ended);
  CPPUNIT_TEST(one_seed_gives_one_trace);
  CPPUNIT_TEST(different_seeds_give_different_traces);
  CPPUNIT_TEST(without_faults_every_byte_is_echoed);
  CPPUNIT_TEST(faults_that_cut_nothing_lose_nothing);
  CPPUNIT_TEST(each_fault_is_seen);
  CPPUNIT_TEST(a_lost_connect_times_out);
  CPPUNIT_TEST(latency_delays_what_is_sent);
  CPPUNIT_TEST(a_connection_may_be_slower_than_others);
  CPPUNIT_TEST(a_connection_is_lost_some_day);
  CPPUNIT_TEST(hosts_that_are_parted_hear_of_each_other_after);
  CPPUNIT_TEST(a_connect_to_a_host_that_is_parted_waits_or_times_out);
  CPPUNIT_TEST(a_raised_signal_is_read_once);
  CPPUNIT_TEST(descriptors_end_at_the_limit);
  CPPUNIT_TEST(entropy_comes_from_the_seed);
  CPPUNIT_TEST(only_literals_are_resolved);
  CPPUNIT_TEST(a_peer_that_vanishes_leaves_the_connection_open);
  CPPUNIT_TEST(a_wrong_echo_is_complained_of);
  CPPUNIT_TEST(the_trace_reads_as_calls);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_wait_takes_no_real_time() {
    Simulator simulator{1};
    const auto before = strata::Clock::now();
    Plain_Echo echo;
    CPPUNIT_ASSERT(echo.turn(24h));
    CPPUNIT_ASSERT(strata::Clock::now() - before == 24h);
  }

  void a_loop_that_nothing_can_wake_is_a_deadlock() {
    Simulator simulator{1};
    Plain_Echo echo;
    CPPUNIT_ASSERT(!echo.turn());
    CPPUNIT_ASSERT(simulator.diagnosis().starts_with("deadlock"));
  }

  void a_loop_that_goes_on_for_ever_is_ended() {
    Simulator simulator{1};
    simulator.end_after(1h);
    Plain_Echo echo;
    int minutes = 0;
    while (echo.turn(1min)) ++minutes;
    CPPUNIT_ASSERT_EQUAL(61, minutes);
    CPPUNIT_ASSERT(simulator.diagnosis().starts_with("the run does not end"));
  }

  void one_seed_gives_one_trace() {
    for (std::uint64_t seed = 0; seed < 50; ++seed) CPPUNIT_ASSERT_EQUAL(hash_of(seed), hash_of(seed));
  }

  void different_seeds_give_different_traces() {
    std::set<std::uint64_t> hashes;
    for (std::uint64_t seed = 0; seed < 50; ++seed) hashes.insert(hash_of(seed));
    CPPUNIT_ASSERT_EQUAL(std::size_t{50}, hashes.size());
  }

  void without_faults_every_byte_is_echoed() {
    for (std::uint64_t seed = 0; seed < 50; ++seed) expect_whole_echo(seed, Faults{});
  }

  void faults_that_cut_nothing_lose_nothing() {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      strata::sim::Random random{seed};
      expect_whole_echo(seed, Faults::drawn(random, false));
    }
  }

  void each_fault_is_seen() {
    expect_seen("Interrupted system call", {.interrupt = 0.5});
    expect_seen("Resource temporarily unavailable", {.would_block = 0.5});
    expect_seen("Connection reset by peer", {.reset = 0.2});
    expect_seen("Too many open files", {.no_descriptor = 0.5});
    expect_seen("No buffer space available", {.no_memory = 0.2});
    expect_seen("Software caused connection abort", {.accept_abort = 0.5});
    expect_seen("Operation not permitted", {.accept_error = 0.5});
  }

  void a_lost_connect_times_out() {
    expect_failed_connect({.lose_connect = 1}, std::errc::timed_out, 127s);
    expect_failed_connect({.refuse = 1}, std::errc::connection_refused, 0s);
  }

  void latency_delays_what_is_sent() {
    Simulator simulator{1, {.latency_min = 10ms, .latency_max = 10ms}};
    Plain_Echo echo;
    const auto start = simulator.now();
    Client client{simulator, script(echo, 10)};
    run(echo, client);
    // SYN, SYN-ACK, bytes with FIN, echo with FIN.
    CPPUNIT_ASSERT(simulator.now() - start == 40ms);
  }

  void a_connection_may_be_slower_than_others() {
    std::set<strata::Duration> times;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      Simulator simulator{seed, {.latency_spread = 10ms}};
      Plain_Echo echo;
      Client client{simulator, script(echo, 10)};
      const auto start = simulator.now();
      run(echo, client);
      times.insert(simulator.now() - start);
      CPPUNIT_ASSERT(simulator.now() - start <= 40ms);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{20}, times.size());
  }

  void a_connection_is_lost_some_day() {
    Simulator simulator{1, {.lose = 1, .lose_within = 10s}};
    Plain_Echo echo;
    Client_Script quiet = script(echo, 10);
    quiet.farewell = Farewell::vanish;
    Client vanished{simulator, quiet};
    const Client_Script slow{.to = echo.address(), .bytes = 1000, .send_most = 1, .pause = 1s};
    Client client{simulator, slow};
    run(echo, client);
    CPPUNIT_ASSERT(client.state() == Client::State::failed && client.error() == std::errc::connection_reset);
    while (echo.connections() != 0) CPPUNIT_ASSERT(echo.turn());
  }

  void hosts_that_are_parted_hear_of_each_other_after() {
    Simulator simulator{1};
    Plain_Echo echo;
    Client_Script far = script(echo, 10);
    far.from = strata::os::Socket_Address::ipv4(std::array<std::uint8_t, 4>{10, 0, 0, 7}, 0);
    far.start = 1s;
    Client parted{simulator, far}, near{simulator, script(echo, 10)};
    const auto start = simulator.now();
    simulator.part(far.from, echo.address(), 31s);
    bool near_is_served = false;
    simulator.after(2s, [&] { near_is_served = near.received() == 10; });
    run(echo, parted);
    CPPUNIT_ASSERT(near_is_served);
    CPPUNIT_ASSERT(simulator.now() - start >= 31s);
    CPPUNIT_ASSERT_EQUAL(std::size_t{10}, parted.received());
  }

  void a_connect_to_a_host_that_is_parted_waits_or_times_out() {
    for (const auto& [apart, state] : {std::pair{60s, Client::State::ended}, std::pair{200s, Client::State::failed}}) {
      Simulator simulator{1};
      Plain_Echo echo;
      simulator.part(echo.address(), echo.address(), apart);
      Client client{simulator, script(echo, 10)};
      run(echo, client);
      CPPUNIT_ASSERT(client.state() == state);
    }
  }

  void a_raised_signal_is_read_once() {
    Simulator simulator{1};
    auto source = *strata::os::Signal_Source::open({strata::os::Signal::terminate});
    CPPUNIT_ASSERT(source.next().error() == std::errc::operation_would_block);
    simulator.raise(strata::os::Signal::terminate);
    simulator.raise(strata::os::Signal::terminate);
    simulator.raise(strata::os::Signal::hangup);
    CPPUNIT_ASSERT(*source.next() == strata::os::Signal::terminate);
    CPPUNIT_ASSERT(source.next().error() == std::errc::operation_would_block);
  }

  void descriptors_end_at_the_limit() {
    Simulator simulator{1};
    simulator.limit_descriptors(2);
    const auto pair = strata::os::socket_pair();
    CPPUNIT_ASSERT(pair.has_value());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, simulator.open_descriptors());
    CPPUNIT_ASSERT(strata::os::Waker::open().error() == std::errc::too_many_files_open);
  }

  void entropy_comes_from_the_seed() {
    const auto drawn = [](std::uint64_t seed) {
      const Simulator simulator{seed};
      return strata::os::random_seed();
    };
    CPPUNIT_ASSERT_EQUAL(drawn(1), drawn(1));
    CPPUNIT_ASSERT(drawn(1) != drawn(2));
  }

  void only_literals_are_resolved() {
    const Simulator simulator{1};
    CPPUNIT_ASSERT_EQUAL(std::uint16_t{80}, strata::os::resolve({.host = "10.1.2.3", .port = 80})->front().port());
    CPPUNIT_ASSERT(strata::os::resolve({.host = "localhost", .port = 80})->front().address()[0] == 127);
    CPPUNIT_ASSERT(strata::os::resolve({.host = "example.org"}).error() == std::errc::host_unreachable);
  }

  void a_peer_that_vanishes_leaves_the_connection_open() {
    Simulator simulator{1};
    Plain_Echo echo;
    Client_Script quiet = script(echo, 10);
    quiet.farewell = Farewell::vanish;
    Client client{simulator, quiet};
    while (echo.turn()) {
    }
    CPPUNIT_ASSERT(client.state() == Client::State::left);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, echo.connections());
  }

  void a_wrong_echo_is_complained_of() {
    Simulator simulator{1};
    const auto listener = *strata::os::open_socket(strata::os::Family::ipv4, strata::os::Socket_Kind::stream);
    CPPUNIT_ASSERT(strata::os::listen(listener.get(), 1).has_value());
    Client client{simulator, {.to = *strata::os::local_address(listener.get()), .bytes = 4}};
    simulator.advance(1s);
    const auto peer = *strata::os::accept(listener.get());
    CPPUNIT_ASSERT(strata::os::send(peer.get(), strata::as_bytes("four")).has_value());
    simulator.advance(1s);
    CPPUNIT_ASSERT_EQUAL(std::string{"wrong byte 0"}, client.complaint());
  }

  void the_trace_reads_as_calls() {
    Simulator simulator{1};
    (void)strata::os::receive(strata::os::Handle{77}, {});
    std::ostringstream text;
    simulator.trace().print(text);
    CPPUNIT_ASSERT(text.str().ends_with("receive(77, 0) = Bad file descriptor\n"));
  }

 private:
  static Client_Script script(const Plain_Echo& echo, std::size_t bytes) {
    return {.to = echo.address(), .bytes = bytes};
  }

  static void run(Plain_Echo& echo, const Client& client) {
    while (!client.over() && echo.turn()) {
    }
  }

  /// Five clients that the seed draws, until the loop has nothing left to wait for.
  static std::vector<Client> converse(Simulator& simulator, bool patient) {
    Plain_Echo echo;
    std::vector<Client> clients;
    for (int i = 0; i < 5; ++i) {
      Client_Script drawn = Client_Script::drawn(simulator.random(), echo.address());
      if (patient) drawn.farewell = i % 2 == 0 ? Farewell::half_close : Farewell::when_echoed;
      clients.emplace_back(simulator, drawn);
    }
    while (echo.turn()) {
    }
    return clients;
  }

  static std::uint64_t hash_of(std::uint64_t seed) {
    strata::sim::Random random{seed};
    Simulator simulator{seed, Faults::drawn(random)};
    for (const Client& client : converse(simulator, false)) CPPUNIT_ASSERT_EQUAL(std::string{}, client.complaint());
    return simulator.trace().hash();
  }

  static void expect_whole_echo(std::uint64_t seed, const Faults& faults) {
    Faults open = faults;
    open.no_descriptor = 0;
    Simulator simulator{seed, open};
    for (const Client& client : converse(simulator, true)) {
      CPPUNIT_ASSERT_EQUAL(std::string{}, client.complaint());
      CPPUNIT_ASSERT_EQUAL(client.script().bytes, client.received());
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, simulator.open_descriptors());
  }

  /// `error` stands in some run's trace where these faults are on, and in none where all are off.
  static void expect_seen(const std::string& error, const Faults& faults) {
    CPPUNIT_ASSERT_MESSAGE(error, stands_in_traces(error, faults));
    CPPUNIT_ASSERT_MESSAGE(error, !stands_in_traces(error, {}));
  }

  static bool stands_in_traces(const std::string& error, const Faults& faults) {
    std::ostringstream text;
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      Simulator simulator{seed};
      Plain_Echo echo;
      Client client{simulator, script(echo, 500)};
      simulator.faults() = faults;
      run(echo, client);
      (void)echo.turn(0s);
      simulator.trace().print(text);
    }
    return text.str().contains(error);
  }

  static void expect_failed_connect(const Faults& faults, std::errc wanted, strata::Duration after) {
    Simulator simulator{1, faults};
    Plain_Echo echo;
    const auto start = simulator.now();
    Client client{simulator, script(echo, 10)};
    run(echo, client);
    (void)echo.turn(0s);
    CPPUNIT_ASSERT(client.state() == Client::State::failed);
    CPPUNIT_ASSERT(client.error() == wanted);
    CPPUNIT_ASSERT(simulator.now() - start == after);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Simulator_Test);

}  // namespace strata_test
