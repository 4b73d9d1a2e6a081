// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <fstream>
#include <string>
#include <thread>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/logging/Log_System.h>
#include <strata/os/Socket.h>
#include <strata/wrappers/SOCK_Connector.h>
#include <strata/wrappers/SOCK_Stream.h>
#include <strata/wrappers/UNIX_Addr.h>
#include <strata_test/Descriptor_Guard.h>
#include <strata_test/Mechanisms.h>
#include <strata_test/Scale.h>

#include "Plugin_Rig.h"

namespace {

using namespace strata_test;

/// A plugin is loaded, serves, and is unloaded under open connections, ten thousand times in full.
class Plugin_Cycle_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Plugin_Cycle_Test);
  CPPUNIT_TEST(memory_mappings_and_descriptors_stay_as_they_are);
  CPPUNIT_TEST(connections_in_other_reactors_are_awaited);
  CPPUNIT_TEST(operations_under_way_are_awaited);
  CPPUNIT_TEST(operations_under_way_in_other_reactors_are_awaited);
  CPPUNIT_TEST_SUITE_END();

  static constexpr int clients = 8;

  static std::size_t resident_kib() {
    std::ifstream status{"/proc/self/status"};
    for (std::string word; status >> word;) {
      std::size_t value = 0;
      if (word == "VmRSS:" && status >> value) return value;
    }
    return 0;
  }

  static std::string echoed(SOCK_Stream& stream, Reactor& reactor, const std::string& text) {
    std::string got;
    std::array<std::byte, 256> room;
    CPPUNIT_ASSERT(stream.send(as_bytes(text)));
    while (got.size() < text.size()) {
      CPPUNIT_ASSERT(reactor.poll());
      const Result<std::size_t> count = stream.receive(room);
      if (count) got.append(reinterpret_cast<const char*>(room.data()), *count);
    }
    return got;
  }

  /// Half of the connections are open when the service stops.
  static void cycle(Plugin_Rig& rig, const std::string& kind = "echo") {
    const std::string path = (rig.folder() / "socket").string();
    CPPUNIT_ASSERT_EQUAL(std::string{}, rig.configure("{ name: a, kind: " + kind +
                                                      ", library: echo.so, listen: \"unix://" + path + "\" }"));
    rig.start();
    std::vector<SOCK_Stream> streams;
    for (int i = 0; i < clients; ++i) {
      Result<SOCK_Stream> stream = SOCK_Connector::start(UNIX_Addr::parse(path)->native().value());
      CPPUNIT_ASSERT_MESSAGE(stream ? "" : stream.error().message(), stream.has_value());
      streams.push_back(std::move(*stream));
      CPPUNIT_ASSERT_EQUAL(std::string{"hello"}, echoed(streams.back(), rig.reactor(), "hello"));
    }
    streams.resize(clients / 2);
    rig.stop(Duration{});
    CPPUNIT_ASSERT_EQUAL(0, Plugin_Rig::mappings("echo.so"));
  }

  /// Each open connection has a read with the engine when it is cut off.
  static void cycles_of_operations(unsigned beside) {
    Log_System::process().set_level("", Log_Level::off);
    for (const std::string_view mechanism : mechanisms()) {
      Plugin_Rig rig{std::string{mechanism}};
      rig.write("echo", os::read_file(STRATA_BLOCK_ECHO_PLUGIN, 1 << 26).value());
      if (beside != 0) rig.spread(beside);
      for (std::uint64_t i = count(1'000) / 10; i != 0; --i) cycle(rig, "block-echo");
    }
  }

 public:
  void connections_in_other_reactors_are_awaited() {
    Log_System::process().set_level("", Log_Level::off);
    Plugin_Rig rig;
    rig.write("echo", os::read_file(STRATA_ECHO_PLUGIN, 1 << 26).value());
    rig.spread(2);
    for (std::uint64_t i = count(1'000) / 10; i != 0; --i) cycle(rig);
  }

  void operations_under_way_are_awaited() { cycles_of_operations(0); }
  void operations_under_way_in_other_reactors_are_awaited() { cycles_of_operations(2); }

  void memory_mappings_and_descriptors_stay_as_they_are() {
    Log_System::process().set_level("", Log_Level::off);
    Plugin_Rig rig;
    rig.write("echo", os::read_file(STRATA_ECHO_PLUGIN, 1 << 26).value());
    for (int i = 0; i < 100; ++i) cycle(rig);
    const Descriptor_Guard guard;
    const std::size_t before = resident_kib();
    for (std::uint64_t i = count(10'000); i != 0; --i) cycle(rig);
    guard.check();
    const std::size_t after = resident_kib();
    const std::string grown = std::to_string(before) + " KiB to " + std::to_string(after);
    CPPUNIT_ASSERT_MESSAGE(grown, sanitized || after < before + 512);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Plugin_Cycle_Test);

}  // namespace
