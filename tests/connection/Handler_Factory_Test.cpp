// SPDX-License-Identifier: Apache-2.0
#include <strata/connection/Handler_Factory.h>

#include "Connection_Rig.h"

namespace {

using namespace strata_test;
using strata::Bytes;
using Rig = Connection_Rig;

/// Knows no service.
class Plain final : public strata::Svc_Handler {
  Result<> handle_data(Bytes bytes) override { return put(bytes); }
};

class Handler_Factory_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Handler_Factory_Test);
  CPPUNIT_TEST(a_handler_that_wants_its_service_is_made_with_it);
  CPPUNIT_TEST(a_handler_without_a_service_is_made_without);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_handler_that_wants_its_service_is_made_with_it() {
    on_each_backend([](Rig& rig) {
      const auto made = strata::make_handler_of<Host>(*rig.stage);
      CPPUNIT_ASSERT(&made->stage == &*rig.stage);
    });
  }

  void a_handler_without_a_service_is_made_without() {
    on_each_backend([](Rig& rig) {
      CPPUNIT_ASSERT(strata::make_handler_of<Plain>(*rig.stage) != nullptr);
      rig.listen<Plain>();
      auto& client = rig.knock();
      rig.until([&] { return rig.stage->connections() == 1; });
      client.send("plain");
      rig.expect_reply(client, "plain");
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Handler_Factory_Test);

}  // namespace
