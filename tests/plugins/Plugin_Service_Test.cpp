// SPDX-License-Identifier: Apache-2.0

#include <string>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/logging/Log_System.h>
#include <strata_test/Descriptor_Guard.h>

#include "Plugin_Rig.h"

namespace {

using namespace std::chrono_literals;
using namespace strata_test;

class Plugin_Service_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Plugin_Service_Test);
  CPPUNIT_TEST(it_is_loaded_to_start_and_unloaded_when_it_has_stopped);
  CPPUNIT_TEST(two_services_share_one_plugin_until_both_have_stopped);
  CPPUNIT_TEST(a_hook_that_throws_fails_its_service_alone);
  CPPUNIT_TEST(a_stop_that_throws_is_a_stop);
  CPPUNIT_TEST(what_runs_out_is_awaited);
  CPPUNIT_TEST(what_does_not_end_keeps_the_plugin_loaded);
  CPPUNIT_TEST(a_note_without_its_kind_is_found_out);
  CPPUNIT_TEST_SUITE_END();

  std::unique_ptr<Plugin_Rig> rig_;

 public:
  void setUp() override {
    Log_System::process().set_level("", Log_Level::off);
    rig_ = std::make_unique<Plugin_Rig>();
    rig_->write("guest", Plugin_Rig::image("guest"));
  }
  void tearDown() override { rig_.reset(); }

 private:
  static std::string guest(const std::string& rest = "") {
    return "{ name: a, kind: guest, library: guest.so" + rest + " }";
  }
  void configure(const std::string& service) { CPPUNIT_ASSERT_EQUAL(std::string{}, rig_->configure(service)); }

  void it_is_loaded_to_start_and_unloaded_when_it_has_stopped() {
    configure(guest());
    CPPUNIT_ASSERT_EQUAL(0, Plugin_Rig::mappings("guest.so"));
    rig_->start();
    CPPUNIT_ASSERT(Plugin_Rig::mappings("guest.so") > 0);
    rig_->stop();
    CPPUNIT_ASSERT_EQUAL(0, Plugin_Rig::mappings("guest.so"));
  }

  void two_services_share_one_plugin_until_both_have_stopped() {
    configure(guest() + ", { name: b, kind: guest, library: guest.so }");
    rig_->start();
    const int once = Plugin_Rig::mappings("guest.so");
    CPPUNIT_ASSERT(once > 0 && once < 8);
    rig_->stop();
    CPPUNIT_ASSERT_EQUAL(0, Plugin_Rig::mappings("guest.so"));
  }

  void a_hook_that_throws_fails_its_service_alone() {
    for (const std::string hook : {"configure", "prepare"}) {
      configure(guest(", throws: " + hook));
      const Outcome<> prepared = rig_->prepare();
      CPPUNIT_ASSERT(!prepared);
      CPPUNIT_ASSERT_MESSAGE(prepared.error().what, prepared.error().what.ends_with("service a: threw " + hook));
    }
    configure(guest(", throws: start"));
    CPPUNIT_ASSERT(rig_->prepare());
    const Outcome<> started = rig_->services().start();
    CPPUNIT_ASSERT(!started);
    CPPUNIT_ASSERT_MESSAGE(started.error().what, started.error().what.ends_with("service a: threw start"));
    rig_->configure(guest());
    CPPUNIT_ASSERT_EQUAL(0, Plugin_Rig::mappings("guest.so"));
  }

  void a_stop_that_throws_is_a_stop() {
    configure(guest(", throws: stop"));
    rig_->start();
    rig_->stop();
    CPPUNIT_ASSERT_EQUAL(0, Plugin_Rig::mappings("guest.so"));
  }

  void what_runs_out_is_awaited() {
    for (const std::string left : {"timer", "post"}) {
      configure(guest(", leaves: " + left));
      rig_->start();
      rig_->stop();
      CPPUNIT_ASSERT_EQUAL_MESSAGE(left, 0, Plugin_Rig::mappings("guest.so"));
    }
  }

  void what_does_not_end_keeps_the_plugin_loaded() {
    for (const std::string left : {"loop", "handler"}) {
      rig_->write("guest-" + left, Plugin_Rig::image("guest"));
      configure("{ name: a, kind: guest, library: guest-" + left + ".so, leaves: " + left + " }");
      rig_->start();
      rig_->stop(50ms);
      CPPUNIT_ASSERT_MESSAGE(left, Plugin_Rig::mappings("guest-" + left) > 0);
      CPPUNIT_ASSERT(rig_->reactor().run_for(5ms));  // its code runs on
    }
  }

  void a_note_without_its_kind_is_found_out() {
    rig_->write("hollow", Plugin_Rig::image("hollow"));
    configure("{ name: a, kind: hollow, library: hollow.so }");
    const Outcome<> prepared = rig_->prepare();
    CPPUNIT_ASSERT(!prepared);
    CPPUNIT_ASSERT_MESSAGE(prepared.error().what, prepared.error().what.ends_with("does not export strata_plugin"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Plugin_Service_Test);

}  // namespace
