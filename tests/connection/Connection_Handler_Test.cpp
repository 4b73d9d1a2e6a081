// SPDX-License-Identifier: Apache-2.0
// What a service has of a connection, shown by a handler that is neither a Svc_Handler nor a Service_Handler.
#include <strata/connection/Connection_Handler.h>

#include <string>
#include <utility>

#include <cppunit/TestFixture.h>

#include "Connection_Rig.h"

namespace {

using namespace strata_test;
using strata::Connection_Handler;
using strata::Event_Mask;
using strata::Handler_Ref;
using strata::Service;

/// Takes its socket, and does nothing with it.
class Bare final : public Connection_Handler {
 public:
  static inline Bare* latest = nullptr;
  static inline std::string diary;

  Bare() { latest = this; }
  ~Bare() override { diary += '~'; }
  os::Handle handle() const noexcept override { return socket_.get(); }
  void handle_close(std::error_code) noexcept override { diary += 'c'; }
  void hear() { touch(); }

 private:
  void take_socket(os::Unique_Handle handle) noexcept override { socket_ = std::move(handle); }
  Result<Handler_Ref> begin_connection(std::unique_ptr<Connection_Handler> self, bool) override {
    const Result<Handler_Ref> ref = home().adopt(std::move(self), Event_Mask::none, {.group = service().group()});
    return ref ? began(*ref) : ref;
  }
  Result<> ask_to_drain() override { return diary += 'd', Result<>{}; }
  Result<> end_idle() override { return strata::fail(errc::idle_timeout); }

  os::Unique_Handle socket_;
};

class Bare_Acceptor final : public strata::Acceptor_Base {
 public:
  using Acceptor_Base::Acceptor_Base;

 private:
  std::unique_ptr<Connection_Handler> make_handler(strata::Reactor&) override { return std::make_unique<Bare>(); }
  strata::First_Speaker first_speaker() const noexcept override { return Bare::first_speaker; }
};

class Connection_Handler_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Connection_Handler_Test);
  CPPUNIT_TEST(a_service_counts_it_from_its_accept_to_its_destruction);
  CPPUNIT_TEST(it_knows_its_service_and_both_addresses);
  CPPUNIT_TEST(it_is_asked_to_drain);
  CPPUNIT_TEST(it_is_told_when_nothing_has_moved);
  CPPUNIT_TEST(what_it_schedules_goes_with_it);
  CPPUNIT_TEST_SUITE_END();

  struct Served {
    explicit Served(Backend& backend, const Rig_Options& options = {}) : rig(backend, options) {
      Bare::diary.clear();
      rig.acceptor = std::make_unique<Bare_Acceptor>(*rig.stage);
      CPPUNIT_ASSERT(rig.acceptor->open(std::array{loopback()}));
      peer = Peer::connect(rig.address());
      rig.until([&] { return rig.stage->connections() == 1; });
    }
    void close() {
      rig.stage->close_all(errc::shed);
      rig.until([&] { return rig.stage->idle(); });
    }
    Connection_Rig rig;
    Peer peer;
  };
  template <class Test>
  static void served(Test test, const Rig_Options& options = {}) {
    for (const std::string_view name : engines()) {
      Backend backend{name};
      Served one{backend, options};
      test(one);
      one.close();
      one.rig.finish();
    }
  }

 public:
  void a_service_counts_it_from_its_accept_to_its_destruction() {
    served([](Served& one) {
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, one.rig.stage->metrics().accepted.value());
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, one.rig.stage->connections_in(*one.rig.reactor));
      one.close();
      CPPUNIT_ASSERT_EQUAL(std::string{"c~"}, Bare::diary);
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, one.rig.stage->metrics().closed.value());
    });
  }
  void it_knows_its_service_and_both_addresses() {
    served([](Served& one) {
      CPPUNIT_ASSERT_EQUAL(std::string{"test"}, Bare::latest->service().name());
      CPPUNIT_ASSERT(Bare::latest->local() == one.rig.address());
      CPPUNIT_ASSERT(Bare::latest->peer().port() != 0);
      CPPUNIT_ASSERT(Bare::latest->to_text().starts_with("127.0.0.1:"));
    });
  }
  void it_is_asked_to_drain() {
    served([](Served& one) {
      one.rig.stage->drain();
      CPPUNIT_ASSERT_EQUAL(std::string{"d"}, Bare::diary);
    });
  }
  void it_is_told_when_nothing_has_moved() {
    served(
        [](Served& one) {
          one.rig.run_for(70ms);
          Bare::latest->hear();
          one.rig.run_for(70ms);
          CPPUNIT_ASSERT_EQUAL(std::string{}, Bare::diary);
          one.rig.run_for(70ms);
          CPPUNIT_ASSERT_EQUAL(std::string{"c~"}, Bare::diary);
        },
        {.stream = {.idle_timeout = 100ms}});
  }
  void what_it_schedules_goes_with_it() {
    served([](Served& one) {
      int calls = 0;
      Bare::latest->schedule(10ms, [&] { ++calls; }, 10ms).detach();
      one.rig.run_for(25ms);
      CPPUNIT_ASSERT_EQUAL(2, calls);
      one.close();
      one.rig.run_for(25ms);
      CPPUNIT_ASSERT_EQUAL(2, calls);
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Connection_Handler_Test);

}  // namespace
