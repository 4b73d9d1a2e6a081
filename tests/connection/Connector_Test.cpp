// SPDX-License-Identifier: Apache-2.0
// Connecting: the race of addresses, retries, deadlines, cancellation (fault 11).
#include <strata/connection/Connector.h>

#include <strata_test/Scale.h>

#include "Connection_Rig.h"
#include "Nobody.h"

namespace {

using namespace strata_test;
using strata::Attempt_Id;
using strata::Bytes;
using strata::Connect_Options;
using Rig = Connection_Rig;
using Addresses = std::vector<os::Socket_Address>;

/// A listening socket in the test's own hands.
struct Harbour {
  explicit Harbour(int backlog = 64) {
    const Seam::Quiet quiet;
    listener = std::move(*os::open_socket(os::Family::ipv4, os::Socket_Kind::stream));
    CPPUNIT_ASSERT(os::bind(listener.get(), loopback()).has_value());
    CPPUNIT_ASSERT(os::listen(listener.get(), backlog).has_value());
    address = *os::local_address(listener.get());
  }
  bool accept(Peer& peer) {
    const Seam::Quiet quiet;
    auto accepted = os::accept(listener.get());
    if (accepted) peer = Peer{std::move(*accepted)};
    return accepted.has_value();
  }
  os::Unique_Handle listener;
  os::Socket_Address address;
};

/// One whose queue is full: who connects gets no answer.
struct Deaf : Harbour {
  explicit Deaf(Rig& rig) : Harbour(0), fillers{Peer::connect(address), Peer::connect(address)} { rig.settle(); }
  std::array<Peer, 2> fillers;
};

/// A connector on the rig's service; what came of its attempts.
struct Link {
  explicit Link(Rig& the_rig) : rig(the_rig), connector(std::in_place, *the_rig.stage) {}

  Attempt_Id connect(Addresses to, const Connect_Options& options = {}) {
    const auto note = [this](std::error_code why) {
      failures.push_back(why);
      if (on_failure) on_failure();
    };
    const auto id = connector->connect(std::move(to), note, options);
    CPPUNIT_ASSERT(id.has_value());
    return *id;
  }
  std::size_t completions() const { return rig.stage->hosts.size() + failures.size(); }
  void expect_connected(std::size_t count = 1) {
    rig.until([&] { return completions() >= count; });
    rig.settle();
    CPPUNIT_ASSERT_EQUAL(count, rig.stage->hosts.size());
    CPPUNIT_ASSERT(failures.empty());
  }
  template <class Errc>
  void expect_failed(Errc why) {
    rig.until([&] { return completions() >= 1; });
    rig.settle();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, completions());
    CPPUNIT_ASSERT_EQUAL(condition(why).message(), failures.back().message());
    if (connector) CPPUNIT_ASSERT_EQUAL(std::size_t{0}, connector->pending());
  }

  Rig& rig;
  std::vector<std::error_code> failures;
  std::function<void()> on_failure;
  std::optional<strata::Connector<Host>> connector;
};


class Connector_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Connector_Test);
  CPPUNIT_TEST(it_connects_and_both_sides_talk);
  CPPUNIT_TEST(a_peer_that_speaks_first_is_heard);
  CPPUNIT_TEST(a_refusal_is_one_failure_and_comes_from_the_loop);
  CPPUNIT_TEST(without_an_address_nothing_begins);
  CPPUNIT_TEST(no_ports_left_is_one_failure);
  CPPUNIT_TEST(silence_ends_at_the_deadline);
  CPPUNIT_TEST(addresses_are_tried_in_their_order);
  CPPUNIT_TEST(the_next_address_joins_after_the_delay);
  CPPUNIT_TEST(the_next_address_does_not_wait_after_a_failure);
  CPPUNIT_TEST(the_losers_are_closed);
  CPPUNIT_TEST(the_last_addresss_error_is_told);
  CPPUNIT_TEST(all_addresses_failing_at_once_is_one_failure);
  CPPUNIT_TEST(it_tries_again_with_back_off);
  CPPUNIT_TEST(a_try_after_a_back_off_may_succeed);
  CPPUNIT_TEST(each_try_has_a_deadline_of_its_own);
  CPPUNIT_TEST(a_deadline_does_not_cut_the_back_off);
  CPPUNIT_TEST(cancelled_half_way_is_one_failure);
  CPPUNIT_TEST(cancelled_between_tries_is_one_failure);
  CPPUNIT_TEST(cancelled_in_the_failure_of_another);
  CPPUNIT_TEST(destroying_it_cancels_all);
  CPPUNIT_TEST(destroying_it_ends_although_failures_connect_again);
  CPPUNIT_TEST(it_may_be_destroyed_in_open);
  CPPUNIT_TEST(it_may_be_destroyed_in_on_failure);
  CPPUNIT_TEST(a_handlers_constructor_that_throws_is_a_failure);
  CPPUNIT_TEST(many_failures_of_each_kind_leak_nothing);
  CPPUNIT_TEST_SUITE_END();

 public:
  void it_connects_and_both_sides_talk() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_data = echo;
      Harbour harbour;
      Link link{rig};
      link.connect({harbour.address});
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, link.completions());  // never inside the call
      link.expect_connected();
      Rig::Client peer;
      rig.until([&] { return harbour.accept(peer); });
      peer.send("hello");
      rig.expect_reply(peer, "hello");
      CPPUNIT_ASSERT(rig.stage->hosts[0]->peer() == harbour.address);
    });
  }

  void a_peer_that_speaks_first_is_heard() {
    on_each_backend([](Rig& rig) {
      Harbour harbour;
      Link link{rig};
      link.connect({harbour.address});
      Rig::Client peer;
      rig.until([&] { return harbour.accept(peer); });
      peer.send("220 ready");
      rig.expect_received("220 ready");
    });
  }

  void a_refusal_is_one_failure_and_comes_from_the_loop() {
    on_each_backend([](Rig& rig) {
      Link link{rig};
      const Nobody nobody;
      link.connect({nobody.address});
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, link.completions());
      link.expect_failed(std::errc::connection_refused);
    });
  }

  void without_an_address_nothing_begins() {
    on_each_backend([](Rig& rig) {
      Link link{rig};
      const auto id = link.connector->connect({}, [&](std::error_code) { CPPUNIT_FAIL("nothing was begun"); });
      Rig::expect_error(std::errc::invalid_argument, id);
      rig.settle();
    });
  }

  void no_ports_left_is_one_failure() {
    on_each_backend([](Rig& rig) {
      Harbour harbour;
      Link link{rig};
      Seam seam;
      seam.on_connect = [](const auto&) { return raw(std::errc::address_not_available); };
      link.connect({harbour.address, harbour.address});
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, link.completions());
      link.expect_failed(std::errc::address_not_available);
    });
  }

  void silence_ends_at_the_deadline() {
    on_each_backend([](Rig& rig) {
      Deaf deaf{rig};
      Link link{rig};
      link.connect({deaf.address}, {.deadline = 400ms});
      rig.run_for(390ms);
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, link.completions());
      rig.run_for(15ms);
      link.expect_failed(std::errc::timed_out);
    });
  }

  void addresses_are_tried_in_their_order() {
    on_each_backend([](Rig& rig) {
      const std::array<Nobody, 3> three;
      const Addresses wanted{three[0].address, three[1].address, three[2].address};
      Addresses tried;
      Link link{rig};
      Seam seam;
      seam.on_connect = [&](const os::Socket_Address& to) { return tried.push_back(to), std::nullopt; };
      link.connect(wanted);
      link.expect_failed(std::errc::connection_refused);
      CPPUNIT_ASSERT(tried == wanted);
    });
  }

  void the_next_address_joins_after_the_delay() {
    on_each_backend([](Rig& rig) {
      Deaf first{rig}, second{rig};
      Harbour third;
      Link link{rig};
      link.connect({first.address, second.address, third.address}, {.attempt_delay = 250ms});
      rig.run_for(490ms);
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, link.completions());
      rig.run_for(15ms);
      link.expect_connected();
      CPPUNIT_ASSERT(rig.stage->hosts[0]->peer() == third.address);
    });
  }

  void the_next_address_does_not_wait_after_a_failure() {
    on_each_backend([](Rig& rig) {
      Harbour harbour;
      Link link{rig};
      const std::array<Nobody, 2> both;
      link.connect({both[0].address, both[1].address, harbour.address});
      link.expect_connected();  // and no time has passed
    });
  }

  void the_losers_are_closed() {
    on_each_backend([](Rig& rig) {
      Deaf deaf{rig};
      Harbour harbour;
      Link link{rig};
      link.connect({deaf.address, deaf.address, harbour.address});
      rig.run_for(510ms);
      link.expect_connected();
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.reactor->size());
    });
  }

  void the_last_addresss_error_is_told() {
    on_each_backend([](Rig& rig) {
      const std::array<Nobody, 2> both;
      const Addresses two{both[0].address, both[1].address};
      Link link{rig};
      Seam seam;
      seam.on_connect = [&](const os::Socket_Address& to) {
        return raw(to == two[0] ? std::errc::network_unreachable : std::errc::host_unreachable);
      };
      link.connect(two);
      link.expect_failed(std::errc::host_unreachable);
    });
  }

  void all_addresses_failing_at_once_is_one_failure() {
    on_each_backend([](Rig& rig) {
      Link link{rig};
      Seam seam;
      seam.on_connect = [](const auto&) { return raw(std::errc::network_unreachable); };
      const Nobody nobody;
      link.connect(Addresses(1000, nobody.address));
      link.expect_failed(std::errc::network_unreachable);
    });
  }

  void it_tries_again_with_back_off() {
    on_each_backend([](Rig& rig) {
      std::vector<strata::Time_Point> tries;
      Link link{rig};
      Seam seam;
      seam.on_connect = [&](const auto&) { return tries.push_back(strata::Clock::now()), std::nullopt; };
      const Nobody nobody;
      link.connect({nobody.address}, {.retries = 3, .back_off = {.first = 100ms, .most = 1s}});
      rig.run_for(800ms);
      link.expect_failed(std::errc::connection_refused);
      CPPUNIT_ASSERT_EQUAL(std::size_t{4}, tries.size());
      for (int i = 0; i < 3; ++i) {
        const auto wait = tries[static_cast<std::size_t>(i) + 1] - tries[static_cast<std::size_t>(i)];
        CPPUNIT_ASSERT(wait >= 50ms * (1 << i) && wait <= 100ms * (1 << i) + 5ms);
      }
    });
  }

  void a_try_after_a_back_off_may_succeed() {
    on_each_backend([](Rig& rig) {
      Harbour harbour;
      Link link{rig};
      Seam seam;
      int refusals = 2;
      seam.on_connect = [&](const auto&) -> std::optional<os::Raw> {
        if (refusals-- > 0) return raw(std::errc::connection_refused);
        return std::nullopt;
      };
      link.connect({harbour.address}, {.retries = 5});
      rig.run_for(310ms);
      link.expect_connected();
    });
  }

  void each_try_has_a_deadline_of_its_own() {
    on_each_backend([](Rig& rig) {
      Deaf deaf{rig};
      Link link{rig};
      link.connect({deaf.address}, {.deadline = 100ms, .retries = 1, .back_off = {.first = 100ms, .most = 100ms}});
      rig.run_for(240ms);
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, link.completions());
      rig.run_for(65ms);
      link.expect_failed(std::errc::timed_out);
    });
  }

  void a_deadline_does_not_cut_the_back_off() {
    on_each_backend([](Rig& rig) {
      Link link{rig};
      const Nobody nobody;
      link.connect({nobody.address}, {.deadline = 50ms, .retries = 1, .back_off = {.first = 1s, .most = 1s}});
      rig.run_for(490ms);
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, link.completions());
      rig.run_for(520ms);
      link.expect_failed(std::errc::connection_refused);
    });
  }

  void cancelled_half_way_is_one_failure() {
    on_each_backend([](Rig& rig) {
      Deaf deaf{rig};
      Link link{rig};
      const Attempt_Id id = link.connect({deaf.address, deaf.address});
      rig.run_for(300ms);
      CPPUNIT_ASSERT(link.connector->cancel(id));
      CPPUNIT_ASSERT(!link.connector->cancel(id));
      link.expect_failed(errc::canceled);
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.reactor->size());
    });
  }

  void cancelled_between_tries_is_one_failure() {
    on_each_backend([](Rig& rig) {
      Link link{rig};
      const Nobody nobody;
      const Attempt_Id id = link.connect({nobody.address}, {.retries = 9, .back_off = {.first = 10s, .most = 10s}});
      rig.run_for(1s);
      CPPUNIT_ASSERT(link.connector->cancel(id));
      link.expect_failed(errc::canceled);
    });
  }

  void cancelled_in_the_failure_of_another() {
    on_each_backend([](Rig& rig) {
      Deaf deaf{rig};
      Link link{rig};
      const Attempt_Id other = link.connect({deaf.address});
      link.on_failure = [&] { (void)link.connector->cancel(other); };
      const Nobody nobody;
      link.connect({nobody.address});
      rig.until([&] { return link.failures.size() == 2; });
      CPPUNIT_ASSERT(link.failures[1] == errc::canceled);
    });
  }

  void destroying_it_cancels_all() {
    on_each_backend([](Rig& rig) {
      Deaf deaf{rig};
      Link link{rig};
      const Nobody nobody;
      for (int i = 0; i < 10; ++i) link.connect({deaf.address, nobody.address});
      link.connector.reset();
      CPPUNIT_ASSERT_EQUAL(std::size_t{10}, link.failures.size());
      CPPUNIT_ASSERT(link.failures.back() == errc::canceled);
      rig.settle();
      CPPUNIT_ASSERT_EQUAL(std::size_t{10}, link.completions());
    });
  }

  void destroying_it_ends_although_failures_connect_again() {
    on_each_backend([](Rig& rig) {
      Deaf deaf{rig};
      Link link{rig};
      Result<Attempt_Id> again;
      link.on_failure = [&] { again = link.connector->connect({deaf.address}, {}); };
      link.connect({deaf.address});
      link.connector.reset();
      Rig::expect_error(errc::canceled, again);
    });
  }

  void it_may_be_destroyed_in_open() {
    on_each_backend([](Rig& rig) {
      Deaf deaf{rig};
      Harbour harbour;
      Link link{rig};
      rig.stage->on_open = [&](Host&) { return link.connector.reset(), Result<>{}; };
      link.connect({deaf.address});
      link.connect({harbour.address});
      rig.until([&] { return link.completions() == 2; });
      rig.settle();
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, link.failures.size());
      CPPUNIT_ASSERT(link.failures[0] == errc::canceled);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.stage->connections());
    });
  }

  void it_may_be_destroyed_in_on_failure() {
    on_each_backend([](Rig& rig) {
      Link link{rig};
      link.on_failure = [&] { link.connector.reset(); };
      const Nobody nobody;
      link.connect({nobody.address});
      link.expect_failed(std::errc::connection_refused);
    });
  }

  void a_handlers_constructor_that_throws_is_a_failure() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_make = [](Host&) -> Result<> { throw 42; };
      Harbour harbour;
      Link link{rig};
      link.connect({harbour.address});
      link.expect_failed(std::errc::state_not_recoverable);
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, rig.reactor->metrics().exceptions.value());
    });
  }

  void many_failures_of_each_kind_leak_nothing() {
    on_each_backend([](Rig& rig) {
      const Nobody nobody;
      Deaf deaf{rig};
      Link link{rig};
      std::size_t wanted = 0;
      for (std::uint64_t i = strata_test::count(100'000); i > 0; --i) {
        link.connect({nobody.address});
        {
          Seam seam;
          seam.on_connect = [](const auto&) { return raw(std::errc::address_not_available); };
          link.connect({nobody.address});
        }
        CPPUNIT_ASSERT(link.connector->cancel(link.connect({deaf.address})));
        link.connect({deaf.address}, {.deadline = 1ms});
        rig.run_for(3ms);
        rig.until([&] { return link.failures.size() >= wanted + 4; });
        wanted += 4;
      }
      rig.settle();
      CPPUNIT_ASSERT_EQUAL(wanted, link.completions());
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.reactor->size());
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Connector_Test);

}  // namespace
