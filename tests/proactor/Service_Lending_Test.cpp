// SPDX-License-Identifier: Apache-2.0
// Reads into blocks that the engine lends, and operations on memory that a ring knows.
#include <strata/proactor/Service_Handler.h>

#include <algorithm>
#include <cstdint>

#include <strata/os/File.h>
#include <strata/os/Operations.h>
#include <strata_test/Failing_New.h>
#include <strata_test/Temporary_Folder.h>

#include "Proactor_Rig.h"

namespace {

using namespace strata_test;
using Rig = Proactor_Rig;
using strata::Completed;
using strata::Operation_Kind;
using strata::Proactor;

Result<> read_lent(Actor& a, Completed&) { return a.read(); }

/// What the seam's table does in place of one call of a ring, while it lives.
template <auto member>
class Refused {
 public:
  Refused() {
    asked_ = 0;
    table_.*member = [](auto...) -> os::Raw { return ++asked_, -static_cast<os::Raw>(std::errc::not_enough_memory); };
    scope_.emplace(table_);
  }
  int asked() const { return asked_; }

 private:
  static inline int asked_ = 0;
  os::Operations table_ = os::operations();
  std::optional<os::Operations_Scope> scope_;
};

class Service_Lending_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Service_Lending_Test);
  CPPUNIT_TEST(a_read_brings_what_has_come);
  CPPUNIT_TEST(more_than_a_block_holds_comes_in_parts);
  CPPUNIT_TEST(what_was_read_stays_when_the_next_has_come);
  CPPUNIT_TEST(an_echo_needs_no_more_memory);
  CPPUNIT_TEST(a_block_outlives_its_reactor);
  CPPUNIT_TEST(many_may_wait_and_keep_what_they_got);
  CPPUNIT_TEST(one_that_is_canceled_takes_no_bytes);
  CPPUNIT_TEST(the_end_of_the_stream_brings_no_block);
  CPPUNIT_TEST(a_ring_that_cannot_lend_tells_of_readiness);
  CPPUNIT_TEST(a_registered_block_is_one_as_any_other);
  CPPUNIT_TEST(files_are_written_and_read_by_registered_blocks);
  CPPUNIT_TEST(memory_that_may_not_be_registered_serves_all_the_same);
  CPPUNIT_TEST(a_write_of_nothing_to_a_file_completes);
  CPPUNIT_TEST(a_registered_block_outlives_its_proactor);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_read_brings_what_has_come() {
    on_each_engine([](Rig& rig) {
      rig.pair(read_lent, read_lent);
      rig.send("abc");
      rig.expect_diary("rabc");
      rig.send("d");
      rig.expect_diary("rabcrd");
    });
  }

  void more_than_a_block_holds_comes_in_parts() {
    on_each_engine([](Rig& rig) {
      const std::string sent = text(50'000);
      std::string got;
      auto pair = os::socket_pair();
      rig.peer = std::move(pair->second);
      struct Reader final : strata::Service_Handler {
        explicit Reader(std::string& to) : into(to) {}
        Result<> open() override { return read(); }
        Result<> handle_read(Completed got) override {
          CPPUNIT_ASSERT(got.size == got.block.length() && got.size <= Proactor::lent_size);
          into += text_of(got.block);
          return read();
        }
        std::string& into;
      };
      CPPUNIT_ASSERT(rig.proactor->adopt(std::make_unique<Reader>(got), std::move(pair->first)).has_value());
      for (std::size_t at = 0; got.size() < sent.size();) {
        const auto some = os::send(rig.peer.get(), strata::as_bytes(std::string_view{sent}.substr(at)));
        if (some) at += *some;
        rig.turn();
      }
      CPPUNIT_ASSERT(got == sent);
    });
  }

  void what_was_read_stays_when_the_next_has_come() {
    on_each_engine([](Rig& rig) {
      std::vector<Message_Block> kept;
      const auto keep = [&kept](Actor& a, Completed& got) {
        kept.push_back(std::move(got.block));
        return a.read();
      };
      Actor& actor = rig.pair(read_lent, keep);
      actor.brief = true;
      for (std::size_t i = 0; i < 200; ++i) {  // more than are lent at a time
        rig.send(std::to_string(i));
        rig.until([&] { return kept.size() == i + 1; });
      }
      for (std::size_t i = 0; i < kept.size(); ++i) CPPUNIT_ASSERT_EQUAL(std::to_string(i), text_of(kept[i]));
    });
  }

  void an_echo_needs_no_more_memory() {
    on_each_engine([](Rig& rig) {
      auto pair = os::socket_pair();
      rig.peer = std::move(pair->second);
      CPPUNIT_ASSERT(rig.proactor->adopt(std::make_unique<Echo>(), std::move(pair->first)).has_value());
      std::string sent, got;
      const auto echo = [&] {
        rig.send("some bytes");
        sent += "some bytes";
        rig.until([&] { return rig.receive(got), got.size() == sent.size(); });
      };
      for (int i = 0; i < 3; ++i) echo();
      const Failing_New no_memory;
      for (int i = 0; i < 100; ++i) echo();
      CPPUNIT_ASSERT(got == sent);
    });
  }

  void a_block_outlives_its_reactor() {
    std::vector<Message_Block> kept;
    on_each_engine([&kept](Rig& rig) {
      rig.pair(read_lent, [&kept](Actor&, Completed& got) { return kept.push_back(std::move(got.block)), Result<>{}; })
          .brief = true;
      rig.send("kept");
      rig.expect_diary("r4");
      kept.push_back(*kept.back().duplicate());
    });
    CPPUNIT_ASSERT(!kept.empty());
    for (Message_Block& each : kept) CPPUNIT_ASSERT_EQUAL(std::string{"kept"}, text_of(each));
  }

  void many_may_wait_and_keep_what_they_got() {
    on_each_engine([](Rig& rig) {
      constexpr std::size_t all = 150;
      std::vector<os::Unique_Handle> peers;
      std::vector<Message_Block> kept;
      for (std::size_t i = 0; i < all; ++i) {
        rig.pair(read_lent, [&kept](Actor&, Completed& got) {
          return kept.push_back(std::move(got.block)), Result<>{};
        }).brief = true;
        peers.push_back(std::move(rig.peer));
      }
      for (int i = 0; i < 4; ++i) rig.turn();
      for (std::size_t i = 0; i < all; ++i) {
        CPPUNIT_ASSERT(os::send(peers[i].get(), strata::as_bytes(std::to_string(1'000 + i))).has_value());
      }
      rig.until([&] { return kept.size() == all; });
      std::vector<std::string> texts;
      for (Message_Block& each : kept) texts.push_back(text_of(each));
      std::ranges::sort(texts);
      for (std::size_t i = 0; i < all; ++i) CPPUNIT_ASSERT_EQUAL(std::to_string(1'000 + i), texts[i]);
    });
  }

  void one_that_is_canceled_takes_no_bytes() {
    on_each_engine([](Rig& rig) {
      Actor& actor = rig.pair(read_lent, read_lent);
      actor.on_failure = [](Actor& a, Completed& failed) {
        CPPUNIT_ASSERT(failed.block.empty() && failed.size == 0);
        return a.read();
      };
      for (int i = 0; i < 4; ++i) rig.turn();
      actor.cancel_all();
      rig.expect_diary("!canceled");
      rig.send("abc");
      rig.expect_diary("!canceledrabc");
    });
  }

  void the_end_of_the_stream_brings_no_block() {
    on_each_engine([](Rig& rig) {
      Actor& actor = rig.pair(read_lent);
      actor.on_failure = [](Actor&, Completed& failed) {
        CPPUNIT_ASSERT(failed.block.writable().empty());
        return Result<>{};
      };
      rig.peer.reset();
      rig.expect_diary("!end");
    });
  }

  void a_ring_that_cannot_lend_tells_of_readiness() {
    on_each_engine([](Rig& rig) {
      if (rig.backend.simulator() != nullptr) return;
      const Refused<&os::Operations::ring_lend> refused;
      Actor& actor = rig.pair(read_lent, read_lent);
      rig.send("abc");
      rig.expect_diary("rabc");
      actor.cancel_all();
      rig.expect_diary("rabc!canceled");
      CPPUNIT_ASSERT_EQUAL(rig.backend.completes() ? 1 : 0, refused.asked());
    });
  }

  void a_registered_block_is_one_as_any_other() {
    on_each_engine([](Rig& rig) {
      rig.pair(
          [&rig](Actor& a, Completed&) {
            Message_Block block = rig.proactor->registered_block().value();
            CPPUNIT_ASSERT_EQUAL(Proactor::registered_size, block.writable().size());
            return a.read(std::move(block));
          },
          [](Actor& a, Completed& done) {
            return done.kind == Operation_Kind::read ? a.write(block_of("answer")) : Result<>{};
          });
      rig.send("question");
      rig.expect_diary("rquestionw6");
    });
  }

  void files_are_written_and_read_by_registered_blocks() {
    on_each_engine([this](Rig& rig) {
      const Registrations registrations;
      write_and_read(rig);
      const bool real_ring = rig.backend.completes() && rig.backend.simulator() == nullptr;
      CPPUNIT_ASSERT_EQUAL(real_ring ? 1 : 0, registrations.count());
    });
  }

  void memory_that_may_not_be_registered_serves_all_the_same() {
    on_each_engine([this](Rig& rig) {
      if (rig.backend.simulator() != nullptr) return;
      const Refused<&os::Operations::ring_register> refused;
      write_and_read(rig);
      CPPUNIT_ASSERT_EQUAL(rig.backend.completes() ? 1 : 0, refused.asked());
    });
  }

  void a_write_of_nothing_to_a_file_completes() {
    on_each_engine([this](Rig& rig) {
      auto file = os::open_file(folder_ / "empty", os::Open_Mode::update);
      CPPUNIT_ASSERT(file.has_value());
      rig.adopt(std::move(*file), [](Actor& a, Completed&) { return a.write_at({}, 0); }, {}, true);
      rig.run_until([&] { return rig.diary == "w0"; });
    });
  }

  void a_registered_block_outlives_its_proactor() {
    on_each_engine([](Rig& rig) {
      Message_Block block = rig.proactor->registered_block().value();
      CPPUNIT_ASSERT(block.append(strata::as_bytes("still here")));
      rig.end();
      CPPUNIT_ASSERT_EQUAL(std::string{"still here"}, text_of(block));
    });
  }

 private:
  /// Counts how often memory was registered.
  class Registrations {
   public:
    Registrations() {
      count_ = 0;
      before_ = os::operations().ring_register;
      table_.ring_register = [](io_uring* ring, void* memory, std::size_t size) {
        return ++count_, before_(ring, memory, size);
      };
    }
    int count() const { return count_; }

   private:
    static inline int count_ = 0;
    static inline decltype(os::Operations::ring_register) before_ = nullptr;
    os::Operations table_ = os::operations();
    os::Operations_Scope scope_{table_};
  };

  /// Ten blocks to a file, one behind the other, and back, each in several goes.
  void write_and_read(Rig& rig) {
    const std::string path = folder_ / "data";
    auto file = os::open_file(path, os::Open_Mode::update);
    CPPUNIT_ASSERT(file.has_value());
    constexpr std::size_t blocks = 10, size = Proactor::registered_size;
    const std::string whole = text(blocks * size);
    std::string got(whole.size(), ' ');
    std::size_t written = 0, read = 0;
    const auto block = [&rig] { return rig.proactor->registered_block().value(); };
    const auto act = [&](Actor& a, Completed& done) -> Result<> {
      if (done.kind == Operation_Kind::write_at && ++written == blocks) {
        for (std::size_t i = 0; i < blocks; ++i) {
          if (const auto begun = a.read_at(block(), i * size); !begun) return begun;
        }
      }
      if (done.kind == Operation_Kind::read_at) {
        CPPUNIT_ASSERT_EQUAL(size, done.size);
        got.replace(read++ * size, size, strata::as_text(done.block.readable()));
      }
      return {};
    };
    Actor& actor = rig.adopt(std::move(*file), [&](Actor& a, Completed&) -> Result<> {
      for (std::size_t i = 0; i < blocks; ++i) {
        Message_Block one = block();
        CPPUNIT_ASSERT(one.append(strata::as_bytes(std::string_view{whole}.substr(i * size, size))));
        if (const auto begun = a.write_at(std::move(one), i * size); !begun) return begun;
      }
      return {};
    }, act, true);
    actor.brief = true;
    rig.run_until([&] { return read == blocks; });
    CPPUNIT_ASSERT(got == whole);
    actor.close();
    rig.run_until([&] { return rig.reactor->size() == 0; });
  }

  Temporary_Folder folder_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(Service_Lending_Test);

}  // namespace
