// SPDX-License-Identifier: Apache-2.0
// A plugin is not unloaded while a thread of files has an operation of a handler of its own.
#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/logging/Log_System.h>
#include <strata/os/Operations.h>
#include <strata/os/Socket.h>
#include <strata/wrappers/SOCK_Connector.h>
#include <strata/wrappers/SOCK_Stream.h>
#include <strata/wrappers/UNIX_Addr.h>

#include "Plugin_Rig.h"

namespace {

using namespace std::chrono_literals;
using namespace strata_test;

/// Reads of files begin, and do not end until they may.
class Held_Reads {
 public:
  Held_Reads() {
    held_ = true;
    reading_ = false;
    below_ = table_.file_read_at;
    table_.file_read_at = [](os::Handle file, std::byte* data, std::size_t size, std::uint64_t offset) -> os::Raw {
      reading_ = true;
      reading_.notify_all();
      held_.wait(true);
      return below_(file, data, size, offset);
    };
    scope_.emplace(table_);
  }
  ~Held_Reads() { release(); }
  static void await() { reading_.wait(false); }
  static void release() {
    held_ = false;
    held_.notify_all();
  }

 private:
  static inline std::atomic<bool> held_, reading_;
  static inline os::Raw (*below_)(os::Handle, std::byte*, std::size_t, std::uint64_t) = nullptr;
  os::Operations table_ = os::operations();
  std::optional<os::Operations_Scope> scope_;
};

class Plugin_Operations_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Plugin_Operations_Test);
  CPPUNIT_TEST(an_operation_of_a_closed_handler_is_awaited);
  CPPUNIT_TEST(one_that_does_not_end_keeps_the_plugin_loaded);
  CPPUNIT_TEST_SUITE_END();

  std::optional<Held_Reads> reads_;
  std::unique_ptr<Plugin_Rig> rig_;
  std::optional<SOCK_Stream> client_;

 public:
  void setUp() override {
    Log_System::process().set_level("", Log_Level::off);
    reads_.emplace();
    rig_ = std::make_unique<Plugin_Rig>("epoll");  // where files are read by threads
  }
  void tearDown() override {
    Held_Reads::release();
    client_.reset();
    rig_.reset();
    reads_.reset();
  }

 private:
  /// A thread of files stands in a read that a connection has asked for.
  void serve_one(const std::string& name) {
    const std::string path = (rig_->folder() / "socket").string();
    rig_->write(name, Plugin_Rig::image("reader"));
    CPPUNIT_ASSERT_EQUAL(std::string{}, rig_->configure("{ name: a, kind: reader, library: " + name +
                                                        ".so, listen: \"unix://" + path + "\" }"));
    rig_->start();
    client_ = SOCK_Connector::start(UNIX_Addr::parse(path)->native().value()).value();
    while (rig_->reactor().size() < 3) CPPUNIT_ASSERT(rig_->reactor().run_one());
    Held_Reads::await();
  }

  void an_operation_of_a_closed_handler_is_awaited() {
    serve_one("reader");
    bool seen = false;
    const Timer later = rig_->reactor().schedule(20ms, [&] {
      seen = rig_->reactor().size() == 0 && Plugin_Rig::mappings("reader.so") > 0;
      Held_Reads::release();
    });
    rig_->stop();
    CPPUNIT_ASSERT(seen);
    CPPUNIT_ASSERT_EQUAL(0, Plugin_Rig::mappings("reader.so"));
  }

  void one_that_does_not_end_keeps_the_plugin_loaded() {
    serve_one("reader-held");
    rig_->stop(20ms);
    CPPUNIT_ASSERT(Plugin_Rig::mappings("reader-held.so") > 0);
    Held_Reads::release();
    CPPUNIT_ASSERT(rig_->reactor().run_for(5ms));  // it is freed
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Plugin_Operations_Test);

}  // namespace
