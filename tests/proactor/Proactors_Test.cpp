// SPDX-License-Identifier: Apache-2.0
#include <strata/proactor/Proactors.h>

#include <string_view>

#include "Asynch_Rig.h"
#include "Proactor_Rig.h"
#include "Watched_Files.h"

namespace {

using namespace strata_test;
using strata::Proactors;
using strata::Reactor;

/// Sends a file, whichever.
class Sender final : public strata::Service_Handler {
  Result<> open() override { return send_file(handle(), 0, 1); }
};

class Proactors_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Proactors_Test);
  CPPUNIT_TEST(each_reactor_has_one_of_its_own);
  CPPUNIT_TEST(an_engine_that_one_cannot_have_is_refused);
  CPPUNIT_TEST(a_service_is_idle_when_they_have_ended);
  CPPUNIT_TEST_SUITE_END();

 public:
  void each_reactor_has_one_of_its_own() {
    on_each_engine([](Proactor_Rig& rig) {
      const auto other = std::move(*Reactor::open({.demultiplexer = rig.backend.demultiplexer()}));
      const auto proactors = std::move(*Proactors::open(std::array{rig.reactor.get(), other.get()}));
      CPPUNIT_ASSERT(&proactors->of(*rig.reactor).reactor() == rig.reactor.get());
      CPPUNIT_ASSERT(&proactors->of(*other).reactor() == other.get());
      CPPUNIT_ASSERT_EQUAL(std::string_view{other->completion_port() != nullptr ? "io_uring" : "emulated"},
                           std::string_view{proactors->of(*other).engine()});
    });
  }

  void an_engine_that_one_cannot_have_is_refused() {
    on_each_engine([](Proactor_Rig& rig) {
      const auto other = std::move(*Reactor::open({.demultiplexer = "poll"}));
      const auto opened = Proactors::open(std::array{rig.reactor.get(), other.get()},
                                          {.engine = strata::Proactor_Engine::io_uring});
      CPPUNIT_ASSERT(!opened && opened.error() == std::errc::not_supported);
    });
  }

  void a_service_is_idle_when_they_have_ended() {
    on_each_real_engine([](Proactor_Rig& rig) {
      Watched_Files files;
      Asynch_Service<Sender> server{rig};
      const os::Unique_Handle client = server.connected();
      rig.until([&] { return files.sending(); });
      rig.reactor->end(errc::stopping);
      CPPUNIT_ASSERT(!server.service.idle());  // a thread has an operation of its connection
      files.let_go();
      server.proactors->end();
      CPPUNIT_ASSERT(server.service.idle());
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Proactors_Test);

}  // namespace
