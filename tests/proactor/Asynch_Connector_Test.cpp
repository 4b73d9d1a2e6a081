// SPDX-License-Identifier: Apache-2.0
#include <strata/proactor/Asynch_Connector.h>

#include "Asynch_Rig.h"

namespace {

using namespace strata_test;
using Rig = Proactor_Rig;
using strata::Asynch_Connector;
using strata::Completed;

/// Says hello, and keeps what comes back.
class Client final : public strata::Service_Handler {
 public:
  static inline std::string heard;
  Result<> open() override { return write(block_of("hello")); }
  Result<> handle_write(Completed) override { return read(100); }
  Result<> handle_read(Completed read) override {
    heard += text_of(read.block);
    return {};
  }
};

class Asynch_Connector_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Asynch_Connector_Test);
  CPPUNIT_TEST(a_connection_is_opened_by_its_handler);
  CPPUNIT_TEST(a_refusal_is_one_failure_from_the_loop);
  CPPUNIT_TEST(one_that_is_closed_before_says_so);
  CPPUNIT_TEST(an_end_of_the_reactor_is_a_failure);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_connection_is_opened_by_its_handler() {
    on_each_engine([](Rig& rig) {
      Client::heard.clear();
      const Asynch_Service<Echo> echo{rig};
      int failures = 0;
      CPPUNIT_ASSERT(Asynch_Connector<Client>::connect(*rig.proactor, echo.address, 5s, [&](std::error_code) {
                       ++failures;
                     }).has_value());
      rig.until([] { return Client::heard == "hello"; });
      CPPUNIT_ASSERT_EQUAL(0, failures);
      CPPUNIT_ASSERT_EQUAL(std::size_t{3}, rig.reactor->size());
    });
  }

  void a_refusal_is_one_failure_from_the_loop() {
    on_each_engine([](Rig& rig) {
      auto bound = os::open_socket(os::Family::ipv4, os::Socket_Kind::stream);
      CPPUNIT_ASSERT(os::bind(bound->get(), any()).has_value());  // and nobody listens
      std::vector<std::error_code> failures;
      CPPUNIT_ASSERT(connect(rig, *os::local_address(bound->get()), failures));
      CPPUNIT_ASSERT(failures.empty());
      rig.until([&] { return rig.reactor->size() == 0; });
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, failures.size());
      CPPUNIT_ASSERT(failures[0] == std::errc::connection_refused);
    });
  }

  void one_that_is_closed_before_says_so() {
    on_each_engine([](Rig& rig) {
      const Asynch_Service<Echo> echo{rig};
      std::vector<std::error_code> failures;
      const auto connecting = connect(rig, echo.address, failures);
      CPPUNIT_ASSERT(rig.reactor->close(*connecting, errc::canceled).has_value());
      rig.until([&] { return !failures.empty(); });
      CPPUNIT_ASSERT(failures.size() == 1 && failures[0] == errc::canceled);
    });
  }

  void an_end_of_the_reactor_is_a_failure() {
    on_each_engine([](Rig& rig) {
      const Asynch_Service<Echo> echo{rig};
      std::vector<std::error_code> failures;
      CPPUNIT_ASSERT(connect(rig, echo.address, failures));
      rig.reactor->end(errc::stopping);
      CPPUNIT_ASSERT(failures.size() == 1 && failures[0] == errc::stopping);
    });
  }

 private:
  static Result<strata::Handler_Ref> connect(Rig& rig, const os::Socket_Address& to,
                                             std::vector<std::error_code>& failures) {
    return Asynch_Connector<Client>::connect(*rig.proactor, to, 5s,
                                             [&failures](std::error_code error) { failures.push_back(error); });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Asynch_Connector_Test);

}  // namespace
