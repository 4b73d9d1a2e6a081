// SPDX-License-Identifier: Apache-2.0
// Whole services under faults: EINTR everywhere, short reads and writes, storms of resets (faults 4, 5, 6).
#include <strata/connection/Svc_Handler.h>

#include <strata_test/Scale.h>

#include "Connection_Rig.h"

namespace {

using namespace strata_test;
using os::Operations;
using os::Raw;
using strata::Bytes;
using Rig = Connection_Rig;

const Operations* under = nullptr;  ///< the table that the interruptions lie over
std::size_t interruptions = 0;

/// An entry of the table whose every second call is interrupted before it does anything.
template <auto Entry>
struct Interrupted;
template <class... Args, Raw (*Operations::*Entry)(Args...)>
struct Interrupted<Entry> {
  static Raw call(Args... args) {
    static bool now = false;
    now = !now;
    if (!now) return (under->*Entry)(args...);
    ++interruptions;
    return raw(std::errc::interrupted);
  }
};
template <auto... Entries>
void interrupt(Operations& table) {
  ((table.*Entries = Interrupted<Entries>::call), ...);
}

/// What is done although it was interrupted: close(2), connect(3p).
Raw close_interrupted(os::Handle handle) {
  ++interruptions;
  (void)under->close(handle);
  return raw(std::errc::interrupted);
}
Raw connect_interrupted(os::Handle handle, const os::Socket_Address& to) {
  ++interruptions;
  const Raw started = under->connect(handle, to);
  return started == raw(std::errc::operation_in_progress) ? raw(std::errc::interrupted) : started;
}

/// EINTR wherever it may come, while it lives.
class Interruptions {
 public:
  Interruptions() : table_(interrupted()), scope_(table_) {}

 private:
  static Operations interrupted() {
    under = &os::operations();
    interruptions = 0;
    Operations table = *under;
    interrupt<&Operations::read, &Operations::write, &Operations::accept, &Operations::receive, &Operations::send,
              &Operations::send_gathered, &Operations::epoll_wait, &Operations::ring_enter, &Operations::poll,
              &Operations::select>(table);
    table.close = close_interrupted;
    table.connect = connect_interrupted;
    return table;
  }
  Operations table_;
  os::Operations_Scope scope_;
};

class Connection_Fault_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Connection_Fault_Test);
  CPPUNIT_TEST(an_echo_service_does_not_notice_interruptions);
  CPPUNIT_TEST(an_echo_service_does_not_notice_short_writes);
  CPPUNIT_TEST(a_storm_of_resets_is_one_close_each);
  CPPUNIT_TEST_SUITE_END();

 public:
  void an_echo_service_does_not_notice_interruptions() {
    on_each_backend([](Rig& rig) {
      const Interruptions everywhere;
      expect_service(rig);
      CPPUNIT_ASSERT(interruptions > 100);
    });
  }

  void an_echo_service_does_not_notice_short_writes() {
    on_each_backend([](Rig& rig) {
      Seam seam;
      std::size_t turn = 0;
      seam.on_send = [&](std::size_t size) {
        const std::size_t most = 1 + ++turn % 1999;
        return turn % 3 == 0 ? raw(std::errc::operation_would_block) : static_cast<Raw>(std::min(size, most));
      };
      expect_service(rig);
    });
  }

  void a_storm_of_resets_is_one_close_each() {
    on_each_backend([](Rig& rig) {
      const std::string reply = pattern(300'000);
      rig.stage->on_open = [&](Host& h) { return h.put(reply); };
      rig.listen();
      const std::size_t count = strata_test::count(100'000);
      for (std::size_t i = 0; i < count; ++i) {
        Peer peer = Peer::connect(rig.address());
        rig.until([&] { return rig.stage->hosts.size() > i; });
        peer.reset();
        rig.until([&] { return rig.stage->reasons.size() > i; });
        CPPUNIT_ASSERT_EQUAL(i + 1, rig.stage->reasons.size());
      }
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.stage->connections());
    });
  }

 private:
  /// Twenty clients are echoed, a drain ends them.
  static void expect_service(Rig& rig) {
    const std::string text = pattern(40'000);
    rig.stage->on_data = echo;
    for (int i = 0; i < 20; ++i) rig.connect().send(text);
    for (auto& client : rig.clients) rig.expect_reply(client, text);
    rig.stage->drain();
    for (auto& client : rig.clients) {
      rig.expect_end(client);
      client.close();
    }
    rig.expect_closed(errc::stopping, 20);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Connection_Fault_Test);

}  // namespace
