// SPDX-License-Identifier: Apache-2.0
#include <strata/proactor/Pipe_Block.h>

#include "Proactor_Rig.h"

namespace {

using namespace strata_test;
using Rig = Proactor_Rig;
using strata::Completed;
using strata::Pipe_Block;

/// Reads into a pipe, and has another connection written from it: what a proxy does.
class Relay {
 public:
  explicit Relay(Rig& rig) {
    auto to = os::socket_pair();
    CPPUNIT_ASSERT(to.has_value());
    far = std::move(to->second);
    sink_ = &rig.adopt(std::move(to->first), {}, [this](Actor&, Completed& written) { return next(written); });
    source_ = &rig.pair([](Actor& a, Completed&) { return a.read(*Pipe_Block::make()); },
                        [this](Actor&, Completed& read) {
                          sizes.push_back(read.pipe.size());
                          return sink_->write(std::move(read.pipe));
                        });
    source_->brief = true;
  }
  /// Takes what has come out; how much.
  std::size_t drain(std::string& into) {
    std::array<std::byte, 65'536> room;
    const auto got = os::receive(far.get(), room);
    if (got) into += strata::as_text(std::span{room}.first(*got));
    return got.value_or(0);
  }

  os::Unique_Handle far;
  std::vector<std::size_t> sizes;

 private:
  Result<> next(Completed& written) {
    CPPUNIT_ASSERT(written.pipe.empty());
    return source_->read(std::move(written.pipe));
  }

  Actor* source_ = nullptr;
  Actor* sink_ = nullptr;
};

class Pipe_Block_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Pipe_Block_Test);
  CPPUNIT_TEST(bytes_pass_from_one_connection_to_another);
  CPPUNIT_TEST(a_slow_reader_holds_the_writer_up);
  CPPUNIT_TEST(the_end_of_the_stream_fails_the_read_and_gives_the_pipe_back);
  CPPUNIT_TEST(a_read_that_waits_may_be_canceled);
  CPPUNIT_TEST(a_pipe_that_is_not_empty_is_refused);
  CPPUNIT_TEST_SUITE_END();

 public:
  void bytes_pass_from_one_connection_to_another() {
    on_each_engine([](Rig& rig) {
      Relay relay{rig};
      std::string sent, got;
      for (int i = 0; i < 50; ++i) {
        const std::string part(static_cast<std::size_t>(i * 131 + 1), static_cast<char>('a' + i % 26));
        rig.send(part);
        sent += part;
        rig.until([&] { return relay.drain(got), got.size() == sent.size(); });
      }
      CPPUNIT_ASSERT(got == sent);
    });
  }

  void a_slow_reader_holds_the_writer_up() {
    on_each_engine([](Rig& rig) {
      Relay relay{rig};
      const std::string part(60'000, 'x');
      std::size_t sent = 0, quiet = 0;
      while (quiet < 50) {  // nobody reads: it must come to a stop
        const auto taken = os::send(rig.peer.get(), strata::as_bytes(part));
        quiet = taken ? 0 : quiet + 1;
        sent += taken.value_or(0);
        CPPUNIT_ASSERT(sent < 100'000'000);
        rig.turn();
      }
      std::string got;
      rig.until([&] { return relay.drain(got), got.size() == sent; });
    });
  }

  void the_end_of_the_stream_fails_the_read_and_gives_the_pipe_back() {
    on_each_engine([](Rig& rig) {
      Actor& actor = rig.pair([](Actor& a, Completed&) { return a.read(*Pipe_Block::make()); });
      bool given_back = false;
      actor.on_failure = [&given_back](Actor&, Completed& failed) {
        given_back = failed.pipe.pipe().read_handle().valid();
        return Result<>{};
      };
      rig.peer.reset();
      rig.expect_diary("!end");
      CPPUNIT_ASSERT(given_back);
    });
  }

  void a_read_that_waits_may_be_canceled() {
    on_each_engine([](Rig& rig) {
      Actor& actor = rig.pair([](Actor& a, Completed&) { return a.read(*Pipe_Block::make()); });
      for (int i = 0; i < 4; ++i) rig.turn();
      actor.cancel_all();
      rig.expect_diary("!canceled");
      rig.send("x");
      CPPUNIT_ASSERT(actor.read(100).has_value());
      rig.expect_diary("!canceledrx");
    });
  }

  void a_pipe_that_is_not_empty_is_refused() {
    on_each_engine([](Rig& rig) {
      rig.pair([](Actor& a, Completed&) { return a.read(*Pipe_Block::make()); },
               [](Actor& a, Completed& read) {
                 const auto refused = a.read(std::move(read.pipe));
                 CPPUNIT_ASSERT(!refused && refused.error() == std::errc::invalid_argument);
                 const auto none = a.read(Pipe_Block{});
                 CPPUNIT_ASSERT(!none && none.error() == std::errc::invalid_argument);
                 return Result<>{};
               });
      rig.send("abc");
      rig.expect_diary("r");
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Pipe_Block_Test);

}  // namespace
