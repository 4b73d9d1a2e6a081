// SPDX-License-Identifier: Apache-2.0
// Datagrams, children, timers and readiness by operations; and tokens that stop them.
#include <strata/proactor/Service_Handler.h>

#include <strata/os/Datagram.h>
#include <strata/os/Process.h>
#include <strata/os/Signal_Source.h>

#include "Proactor_Rig.h"

namespace {

using namespace strata_test;
using Rig = Proactor_Rig;
using strata::Completed;
using strata::Datagram;
using strata::Datagrams;

struct Bound {
  Bound() : socket(*os::open_socket(os::Family::ipv4, os::Socket_Kind::datagram)) {
    CPPUNIT_ASSERT(os::bind(socket.get(), any()).has_value());
    address = *os::local_address(socket.get());
  }
  os::Unique_Handle socket;
  os::Socket_Address address;
};

Datagrams rooms(std::size_t count, std::size_t size = 2000) {
  Datagrams made(count);
  for (Datagram& each : made) each.block = *Message_Block::make(size);
  return made;
}

Datagrams of(const std::vector<std::string>& texts, const os::Socket_Address& to) {
  Datagrams made;
  for (const std::string& each : texts) made.push_back({block_of(each), to});
  return made;
}

/// Where there are real sockets.
template <class Test>
void on_each_kernel(Test test) {
  on_each_engine([&](Rig& rig) {
    if (rig.backend.simulator() == nullptr) test(rig);
  });
}

class Service_Datagrams_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Service_Datagrams_Test);
  CPPUNIT_TEST(a_batch_is_sent_and_received);
  CPPUNIT_TEST(one_that_is_too_long_is_truncated);
  CPPUNIT_TEST(one_that_cannot_be_sent_fails_with_the_rest);
  CPPUNIT_TEST(what_icmp_tells_of_others_is_passed_over);
  CPPUNIT_TEST(a_receive_may_be_canceled_and_started_again);
  CPPUNIT_TEST(a_receive_without_rooms_is_refused);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_batch_is_sent_and_received() {
    on_each_kernel([](Rig& rig) {
      Bound from, to;
      std::string got;
      rig.adopt(
          std::move(to.socket), [](Actor& a, Completed&) { return a.receive_datagrams(rooms(8)); },
          [&](Actor& a, Completed& came) {
            for (std::size_t i = 0; i < came.size; ++i) {
              got += text_of(came.datagrams[i].block) + ';';
              CPPUNIT_ASSERT(came.datagrams[i].peer == from.address);
            }
            return a.receive_datagrams(rooms(8));
          });
      rig.adopt(std::move(from.socket),
                [&](Actor& a, Completed&) { return a.send_datagrams(of({"one", "two", "", "four"}, to.address)); });
      rig.until([&] { return got == "one;two;;four;"; });
      CPPUNIT_ASSERT(rig.diary.find("w4") != std::string::npos);
    });
  }

  void one_that_is_too_long_is_truncated() {
    on_each_kernel([](Rig& rig) {
      Bound from, to;
      bool truncated = false;
      rig.adopt(std::move(to.socket), [](Actor& a, Completed&) { return a.receive_datagrams(rooms(1, 10)); },
                [&](Actor&, Completed& came) {
                  truncated = came.datagrams.front().truncated;
                  return Result<>{};
                });
      rig.adopt(std::move(from.socket),
                [&](Actor& a, Completed&) { return a.send_datagrams(of({std::string(1000, 'x')}, to.address)); });
      rig.until([&] { return truncated; });
    });
  }

  void one_that_cannot_be_sent_fails_with_the_rest() {
    on_each_kernel([](Rig& rig) {
      Bound from, to;
      Actor& actor = rig.adopt(std::move(from.socket), [&](Actor& a, Completed&) {
        return a.send_datagrams(of({"short", std::string(70'000, 'x'), "behind"}, to.address));
      });
      std::string left;
      actor.on_failure = [&left](Actor&, Completed& failed) {
        CPPUNIT_ASSERT(failed.error == std::errc::message_size);
        left = std::to_string(failed.size) + ',' + std::to_string(failed.datagrams.size());
        return Result<>{};
      };
      rig.until([&] { return !left.empty(); });
      CPPUNIT_ASSERT_EQUAL(std::string{"1,2"}, left);
    });
  }

  void what_icmp_tells_of_others_is_passed_over() {
    on_each_kernel([](Rig& rig) {
      Bound socket, gone;
      const Result<> connected = os::connect(socket.socket.get(), gone.address);
      CPPUNIT_ASSERT(connected || connected.error() == std::errc::operation_in_progress);  // interrupted, and done
      gone.socket.reset();
      std::string got;
      Actor& actor = rig.adopt(
          std::move(socket.socket), [](Actor& a, Completed&) { return a.receive_datagrams(rooms(1)); },
          [&](Actor&, Completed& done) {
            if (done.kind == strata::Operation_Kind::receive_datagrams) got = text_of(done.datagrams.front().block);
            return Result<>{};
          });
      for (int i = 0; i < 5; ++i) {
        CPPUNIT_ASSERT(actor.send_datagrams(of({"x"}, {})).has_value());
        for (int k = 0; k < 4; ++k) rig.turn();
      }
      auto again = os::open_socket(os::Family::ipv4, os::Socket_Kind::datagram);
      CPPUNIT_ASSERT(os::bind(again->get(), gone.address).has_value());
      const Datagrams answer = of({"alive"}, socket.address);
      const os::Datagram_Out out[] = {{answer[0].block.readable(), socket.address}};
      CPPUNIT_ASSERT(os::send_datagrams(again->get(), out).has_value());
      rig.until([&] { return got == "alive"; });
      CPPUNIT_ASSERT_EQUAL(0, actor.failures);
    });
  }

  void a_receive_may_be_canceled_and_started_again() {
    on_each_kernel([](Rig& rig) {
      Bound from, to;
      Actor& actor =
          rig.adopt(std::move(to.socket), [](Actor& a, Completed&) { return a.receive_datagrams(rooms(1)); });
      for (int i = 0; i < 4; ++i) rig.turn();
      actor.cancel_all();
      rig.expect_diary("!canceled");
      CPPUNIT_ASSERT(actor.receive_datagrams(rooms(1)).has_value());
      const os::Datagram_Out out[] = {{strata::as_bytes(std::string_view{"x"}), to.address}};
      CPPUNIT_ASSERT(os::send_datagrams(from.socket.get(), out).has_value());
      rig.expect_diary("!canceledr");
    });
  }

  void a_receive_without_rooms_is_refused() {
    on_each_engine([](Rig& rig) {
      rig.pair([](Actor& a, Completed&) {
        const auto refused = [](Result<> result) { return !result && result.error() == std::errc::invalid_argument; };
        CPPUNIT_ASSERT(refused(a.receive_datagrams({})));
        CPPUNIT_ASSERT(refused(a.receive_datagrams(Datagrams(1))));
        CPPUNIT_ASSERT(refused(a.receive_datagrams(rooms(os::max_datagrams + 1))));
        CPPUNIT_ASSERT(refused(a.send_datagrams(rooms(os::max_datagrams + 1))));
        return Result<>{};
      });
      rig.expect_diary("");  // a hook that throws closes
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Service_Datagrams_Test);

}  // namespace
