// SPDX-License-Identifier: Apache-2.0
// A listener whose connections are taken by operations: what it does about errors, and a ring's.
#include <strata/connection/Transport.h>

#include <memory>
#include <utility>

#include <strata/os/Socket.h>
#include <strata/wrappers/SOCK_Acceptor.h>

#include "Connection_Rig.h"

namespace {

using namespace strata_test;
using Rig = Connection_Rig;

/// Takes nobody, and tells what the test says.
struct Scripted final : strata::Transports {
  struct Part final : strata::Accepting {
    explicit Part(Scripted& all) : script(all) {}
    ~Part() override { script.gone = true; }
    void start(strata::Handler_Ref whose, Hook told) noexcept override {
      script.listener = whose;
      script.hook = told;
      ++script.starts;
    }
    void pause() noexcept override { ++script.pauses; }
    void stop() noexcept override { ++script.stops; }
    Scripted& script;
  };

  strata::Transport* make(strata::Reactor&, os::Handle) noexcept override { return &strata::readiness_transport(); }
  std::unique_ptr<strata::Accepting> accept(strata::Reactor&, os::Handle) noexcept override {
    ++asked;
    return std::make_unique<Part>(*this);
  }
  /// As an upcall of the listener.
  void tell(Result<os::Unique_Handle> what) {
    struct Told {
      strata::Accepting::Hook hook;
      Result<os::Unique_Handle> what;
    } told{hook, std::move(what)};
    const auto upcall = [](strata::Event_Handler& to, void* argument) -> Result<> {
      auto& one = *static_cast<Told*>(argument);
      return one.hook(to, std::move(one.what));
    };
    (void)listener.reactor()->begin(listener, upcall, &told);
  }

  strata::Handler_Ref listener;
  strata::Accepting::Hook hook = nullptr;
  int asked = 0, starts = 0, pauses = 0, stops = 0;
  bool gone = false;
};

class Accepting_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Accepting_Test);
  CPPUNIT_TEST(one_that_was_taken_is_served);
  CPPUNIT_TEST(an_error_of_one_connection_is_counted_and_it_goes_on);
  CPPUNIT_TEST(out_of_descriptors_it_waits_and_goes_on);
  CPPUNIT_TEST(a_connection_that_goes_makes_room_at_once);
  CPPUNIT_TEST(an_error_of_the_listener_itself_closes_it);
  CPPUNIT_TEST(an_acceptor_that_closes_stops_it);
  CPPUNIT_TEST(what_limits_connections_accepts_on_readiness);
  CPPUNIT_TEST(a_ring_takes_whoever_comes);
  CPPUNIT_TEST(who_has_come_in_the_turn_in_which_it_closes_is_served);
  CPPUNIT_TEST(all_who_have_come_are_served_be_they_more_than_a_wait_tells_of);
  CPPUNIT_TEST(who_has_come_when_a_post_closes_it_is_served);
  CPPUNIT_TEST(nobody_is_taken_after_its_end_and_the_port_is_free);
  CPPUNIT_TEST(a_reactor_ends_while_peers_come);
  CPPUNIT_TEST_SUITE_END();

 public:
  void one_that_was_taken_is_served() {
    with_script([](Rig& rig, Scripted& script) {
      take_one(rig, script);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.stage->hosts.size());
      CPPUNIT_ASSERT_EQUAL(1, script.starts);
    });
  }

  void an_error_of_one_connection_is_counted_and_it_goes_on() {
    with_script([](Rig& rig, Scripted& script) {
      script.tell(strata::fail(std::errc::connection_aborted));
      CPPUNIT_ASSERT_EQUAL(2, script.starts);
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, rig.stage->metrics().accept_errors.value());
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.stage->connections());
    });
  }

  void out_of_descriptors_it_waits_and_goes_on() {
    with_script([](Rig& rig, Scripted& script) {
      for (int i = 0; i < 3; ++i) script.tell(strata::fail(std::errc::too_many_files_open));
      CPPUNIT_ASSERT_EQUAL(1, script.starts);
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, rig.stage->metrics().pauses.value());
      rig.run_for(100ms);
      CPPUNIT_ASSERT_EQUAL(2, script.starts);
    });
  }

  void a_connection_that_goes_makes_room_at_once() {
    with_script([](Rig& rig, Scripted& script) {
      take_one(rig, script);
      script.tell(strata::fail(std::errc::too_many_files_open));
      rig.stage->hosts.back()->close();
      rig.turn();
      CPPUNIT_ASSERT_EQUAL(2, script.starts);
    });
  }

  void an_error_of_the_listener_itself_closes_it() {
    with_script([](Rig& rig, Scripted& script) {
      std::error_code why;
      rig.acceptor->when_failed([&](std::error_code reason) { why = reason; });
      script.tell(strata::fail(std::errc::invalid_argument));
      rig.turn();
      CPPUNIT_ASSERT(why == std::errc::invalid_argument);
      CPPUNIT_ASSERT(script.gone && rig.acceptor->addresses().empty());
    });
  }

  void an_acceptor_that_closes_stops_it() {
    with_script([](Rig& rig, Scripted& script) {
      rig.acceptor->close();
      CPPUNIT_ASSERT_EQUAL(1, script.stops);
      script.tell(accepted(rig));  // closed
      rig.turn();
      CPPUNIT_ASSERT(script.gone);
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.stage->connections());
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.stage->made);
    });
  }

  void what_limits_connections_accepts_on_readiness() {
    for (const strata::Acceptor_Options& options :
         {strata::Acceptor_Options{.max_connections = 9}, strata::Acceptor_Options{.max_per_source = 9}}) {
      with_script(
          [](Rig& rig, Scripted& script) {
            CPPUNIT_ASSERT_EQUAL(0, script.asked);
            (void)rig.connect();
          },
          options);
    }
  }

  void a_ring_takes_whoever_comes() {
    on_a_ring([](Rig& rig) {
      Seam seam;
      rig.listen();
      for (int i = 0; i < 300; ++i) rig.knock();
      rig.until([&] { return rig.stage->hosts.size() == 300; });
      CPPUNIT_ASSERT_EQUAL(rig.accepts_many(), seam.accepts == 0);
    });
  }

  void who_has_come_in_the_turn_in_which_it_closes_is_served() { expect_served(5); }
  void all_who_have_come_are_served_be_they_more_than_a_wait_tells_of() { expect_served(300); }

  void who_has_come_when_a_post_closes_it_is_served() {
    on_a_ring([](Rig& rig) {
      rig.listen();
      rig.turn();
      for (int i = 0; i < 5; ++i) rig.knock();
      CPPUNIT_ASSERT(rig.reactor->post([&] { rig.acceptor->close(); }).has_value());
      rig.until([&] { return rig.stage->hosts.size() == 5; });
    });
  }

  void nobody_is_taken_after_its_end_and_the_port_is_free() {
    on_a_ring([](Rig& rig) {
      const os::Socket_Address address = rig.listen();
      (void)rig.connect();
      rig.acceptor->close();
      rig.turn();
      CPPUNIT_ASSERT(strata::SOCK_Acceptor::open(address, {}).has_value());
      rig.acceptor.reset();
      rig.settle();
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.stage->connections());
    });
  }

  void a_reactor_ends_while_peers_come() {
    on_a_ring([](Rig& rig) {
      rig.listen();
      rig.turn();
      for (int i = 0; i < 20; ++i) rig.knock();
      rig.turn();
    });
  }

 private:
  /// The first one closes the acceptor.
  static void expect_served(std::size_t count) {
    on_a_ring([count](Rig& rig) {
      rig.listen();
      for (std::size_t i = 0; i < count; ++i) rig.knock();
      rig.stage->on_open = [&](Host&) {
        rig.acceptor->close();
        return Result<>{};
      };
      rig.until([&] { return rig.stage->hosts.size() == count; });
    });
  }
  static void take_one(Rig& rig, Scripted& script) {
    script.tell(accepted(rig));
  }
  /// A connection of a client's.
  static os::Unique_Handle accepted(Rig& rig) {
    auto listening = strata::SOCK_Acceptor::open(loopback(), {});
    CPPUNIT_ASSERT(listening.has_value());
    rig.clients.push_back({Peer::connect(*listening->local_address()), nullptr});
    Result<strata::SOCK_Stream> stream = listening->accept();
    rig.until([&] { return stream.has_value() || (stream = listening->accept()).has_value(); });
    return stream->release();
  }
  template <class Test>
  static void with_script(Test test, const strata::Acceptor_Options& options = {}) {
    on_each_readiness([&](Rig& rig) {
      Scripted script;
      rig.stage->set_transports(&script);
      rig.listen(options);
      test(rig, script);
      rig.finish();
    });
  }
  template <class Test>
  static void on_a_ring(Test test) {
    on_each_backend([&](Rig& rig) {
      if (rig.backend.completes()) test(rig);
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Accepting_Test);

}  // namespace
