// SPDX-License-Identifier: Apache-2.0
// Files by operations: they are opened, asked about, listed, sent and closed without holding up the loop.
#include <strata/proactor/Service_Handler.h>

#include <fstream>

#include <strata/os/File.h>
#include <strata_test/Temporary_Folder.h>

#include "Proactor_Rig.h"
#include "Watched_Files.h"

namespace {

using namespace strata_test;
using Rig = Proactor_Rig;
using strata::Completed;
using strata::Operation_Kind;

class Service_Files_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Service_Files_Test);
  CPPUNIT_TEST(a_file_is_opened_asked_about_and_closed);
  CPPUNIT_TEST(no_name_leads_out_of_the_folder);
  CPPUNIT_TEST(a_folder_is_listed);
  CPPUNIT_TEST(a_list_ends_at_its_limit_and_tells_that_there_is_more);
  CPPUNIT_TEST(a_file_is_sent_whole_to_a_slow_peer);
  CPPUNIT_TEST(files_and_bytes_leave_in_their_order);
  CPPUNIT_TEST(a_file_that_ends_early_fails_with_what_was_sent);
  CPPUNIT_TEST(a_send_to_who_has_gone_fails);
  CPPUNIT_TEST(a_send_that_waits_may_be_canceled);
  CPPUNIT_TEST(a_send_that_waits_ends_at_its_deadline);
  CPPUNIT_TEST(parallel_ones_wait_for_none);
  CPPUNIT_TEST(only_what_is_a_files_may_be_parallel);
  CPPUNIT_TEST(a_write_from_many_places_is_whole);
  CPPUNIT_TEST(a_place_that_no_file_has_is_refused);
  CPPUNIT_TEST(the_loop_rests_while_a_thread_sends_a_file);
  CPPUNIT_TEST(what_a_thread_has_done_is_told_when_the_posts_have_room_again);
  CPPUNIT_TEST(what_no_thread_has_begun_ends_at_once);
  CPPUNIT_TEST(a_close_waits_for_nothing_that_no_thread_has_begun);
  CPPUNIT_TEST(a_file_that_waits_to_be_closed_is_closed);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_file_is_opened_asked_about_and_closed() {
    write("note", "0123456789");
    on_each_engine([this](Rig& rig) {
      const os::Unique_Handle folder = open();
      os::Unique_Handle file;
      rig.pair(
          [&](Actor& a, Completed&) { return a.open_file(folder.get(), "note", os::Open_Mode::read); },
          [&](Actor& a, Completed& done) {
            if (done.kind == Operation_Kind::open) file = std::move(done.handle);
            if (done.kind == Operation_Kind::open) return a.status(file.get());
            if (done.kind != Operation_Kind::status) return Result<>{};
            CPPUNIT_ASSERT_EQUAL(std::uint64_t{10}, done.status.size);
            CPPUNIT_ASSERT(done.status.type == os::File_Type::regular);
            return a.close_file(std::move(file));
          });
      rig.expect_diary("oix");
    });
  }

  void no_name_leads_out_of_the_folder() {
    write("note", "x");
    std::filesystem::create_directory(folder_ / "inner");
    std::filesystem::create_symlink("/etc/passwd", folder_ / "inner/link");
    for (const char* name : {"../note", "/etc/passwd", "link", "none"}) {
      on_each_engine([&](Rig& rig) {
        const os::Unique_Handle folder = *os::open_folder(folder_ / "inner");
        Actor& actor = rig.pair(
            [&](Actor& a, Completed&) { return a.open_file(folder.get(), name, os::Open_Mode::read); });
        std::error_code why;
        actor.on_close = [&why](std::error_code reason) { why = reason; };
        rig.until([&] { return rig.diary.ends_with("c~"); });
        const bool none = std::string_view{name} == "none";
        CPPUNIT_ASSERT(why == (none ? std::errc::no_such_file_or_directory : std::errc::cross_device_link));
      });
    }
  }

  void a_folder_is_listed() {
    for (const char* name : {"b", "a", "c"}) write(name, "");
    on_each_engine([this](Rig& rig) {
      const os::Unique_Handle folder = open();
      std::string names;
      rig.pair([&](Actor& a, Completed&) { return a.list(folder.get(), 3); },
               [&](Actor&, Completed& done) {
                 names = text_of(done.block);
                 return Result<>{};
               });
      rig.expect_diary("l");
      CPPUNIT_ASSERT_EQUAL(std::string("a\0b\0c\0", 6), names);
    });
  }

  void a_list_ends_at_its_limit_and_tells_that_there_is_more() {
    for (int i = 100; i < 200; ++i) write(std::to_string(i), "");
    on_each_engine([this](Rig& rig) {
      const os::Unique_Handle folder = open();
      std::string notes;
      const auto note = [&](Actor&, Completed& done) {
        notes += std::to_string(text_of(done.block).size() / 4) + (done.more ? "+ " : " ");
        return Result<>{};
      };
      rig.pair(
          [&](Actor& a, Completed&) {
            for (const auto most : {7U, 99U, 100U, 1000U}) CPPUNIT_ASSERT(a.list(folder.get(), most).has_value());
            const auto none = a.list(folder.get(), 0);
            CPPUNIT_ASSERT(!none && none.error() == std::errc::invalid_argument);
            return Result<>{};
          },
          note);
      rig.expect_diary("llll");
      CPPUNIT_ASSERT_EQUAL(std::string{"7+ 99+ 100 100 "}, notes);
    });
  }

  void a_file_is_sent_whole_to_a_slow_peer() {
    const std::string all = text(3'000'000);
    write("large", all);
    on_each_engine([&](Rig& rig) {
      const os::Unique_Handle file = open("large");
      rig.pair([&](Actor& a, Completed&) { return a.send_file(file.get(), 1000, all.size() - 1000); });
      std::string got;
      rig.until([&] { return rig.receive(got), got.size() == all.size() - 1000; });
      CPPUNIT_ASSERT(got == all.substr(1000));
      rig.expect_diary("w" + std::to_string(all.size() - 1000));
    });
  }

  void files_and_bytes_leave_in_their_order() {
    const std::string all = text(500'000);
    write("large", all);
    on_each_engine([&](Rig& rig) {
      const os::Unique_Handle file = open("large");
      rig.pair([&](Actor& a, Completed&) {
        CPPUNIT_ASSERT(a.write(block_of("begin ")).has_value());
        CPPUNIT_ASSERT(a.send_file(file.get(), 0, all.size()).has_value());
        return a.write(block_of(" end"));
      });
      std::string got;
      rig.until([&] { return rig.receive(got), got.size() == all.size() + 10; });
      CPPUNIT_ASSERT(got == "begin " + all + " end");
      rig.expect_diary("w6w500000w4");
    });
  }

  void a_file_that_ends_early_fails_with_what_was_sent() {
    write("small", "12345");
    on_each_engine([&](Rig& rig) {
      const os::Unique_Handle file = open("small");
      Actor& actor = rig.pair([&](Actor& a, Completed&) { return a.send_file(file.get(), 0, 10); });
      std::size_t sent = 0;
      actor.on_failure = [&sent](Actor&, Completed& failed) {
        sent = failed.size;
        return Result<>{};
      };
      rig.expect_diary("!end");
      CPPUNIT_ASSERT_EQUAL(std::size_t{5}, sent);
    });
  }

  void a_send_to_who_has_gone_fails() {
    write("large", text(3'000'000));
    on_each_engine([&](Rig& rig) {
      const os::Unique_Handle file = open("large");
      Actor& actor = rig.pair([&](Actor& a, Completed&) { return a.send_file(file.get(), 0, 3'000'000); });
      std::error_code why;
      actor.on_close = [&why](std::error_code reason) { why = reason; };
      for (int i = 0; i < 8; ++i) rig.turn();
      rig.peer.reset();
      rig.until([&] { return rig.diary.ends_with("c~"); });
      CPPUNIT_ASSERT_MESSAGE(why.message(), why == std::errc::broken_pipe || why == std::errc::connection_reset);
    });
  }

  void a_send_that_waits_may_be_canceled() {
    write("large", text(3'000'000));
    on_each_engine([&](Rig& rig) {
      const os::Unique_Handle file = open("large");
      Operation sent;
      Actor& actor = rig.pair(
          [&](Actor& a, Completed&) { return a.send_file(file.get(), 0, 3'000'000, {.started = &sent}); });
      actor.on_failure = [](Actor& a, Completed& failed) {
        a.diary += failed.size != 0 && failed.size < 3'000'000 ? "some" : "?";
        return Result<>{};
      };
      rig.until_something_comes();
      actor.cancel(sent);
      rig.expect_diary("!canceledsome");
    });
  }

  void a_send_that_waits_ends_at_its_deadline() {
    write("large", text(3'000'000));
    on_each_engine([&](Rig& rig) {
      const os::Unique_Handle file = open("large");
      rig.pair([&](Actor& a, Completed&) { return a.send_file(file.get(), 0, 3'000'000, {.deadline = 30ms}); });
      rig.run_until([&] { return rig.diary == "!latec~"; });
    });
  }

  void parallel_ones_wait_for_none() {
    const std::string all = text(100'000);
    write("large", all);
    on_each_engine([&](Rig& rig) {
      std::size_t came = 0;
      Actor& actor = rig.adopt(
          open("large"),
          [](Actor& a, Completed&) {
            for (std::uint64_t i = 0; i < 100; ++i) {
              CPPUNIT_ASSERT(a.read_at(*Message_Block::make(1000), i * 1000, {.parallel = true}).has_value());
            }
            return Result<>{};
          },
          [&](Actor&, Completed& done) {
            came += done.size;
            return Result<>{};
          },
          true);
      actor.brief = true;
      rig.until([&] { return came == all.size(); });
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, actor.outstanding());
    });
  }

  void only_what_is_a_files_may_be_parallel() {
    on_each_engine([](Rig& rig) {
      rig.pair([](Actor& a, Completed&) {
        const auto refused = a.read(100, {.parallel = true});
        CPPUNIT_ASSERT(!refused && refused.error() == std::errc::invalid_argument);
        return Result<>{};
      });
      rig.expect_diary("");  // a hook that throws closes
    });
  }

  void a_write_from_many_places_is_whole() {
    on_each_engine([](Rig& rig) {
      std::string all;
      rig.pair([&all](Actor& a, Completed&) {
        Message_Block chain;
        for (int i = 0; i < 100; ++i) {
          const std::string part = text(static_cast<std::size_t>(i * 37 + 1));
          CPPUNIT_ASSERT(chain.cont(block_of(part)).has_value());
          all += part;
        }
        return a.write(std::move(chain));
      });
      std::string got;
      rig.until([&] { return rig.receive(got), got.size() == all.size(); });
      CPPUNIT_ASSERT(got == all);
      rig.expect_diary("w" + std::to_string(all.size()));
    });
  }

  void a_place_that_no_file_has_is_refused() {
    write("small", "12345");
    on_each_engine([&](Rig& rig) {
      const auto open_it = [](Actor& a, Completed&) {
        for (const std::uint64_t place : {std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
          const auto read = a.read_at(*Message_Block::make(10), place);
          CPPUNIT_ASSERT(!read && read.error() == std::errc::invalid_argument);
          const auto written = a.write_at(block_of("x"), place);
          CPPUNIT_ASSERT(!written && written.error() == std::errc::invalid_argument);
        }
        return Result<>{};
      };
      rig.adopt(open("small"), open_it, {}, true);
      rig.expect_diary("");  // a hook that throws closes
    });
  }

  void the_loop_rests_while_a_thread_sends_a_file() {
    const std::string all = text(3'000'000);
    write("small", "12345");
    on_each_real_engine([&](Rig& rig) {
      const os::Unique_Handle file = open("small");
      Watched_Files files;
      rig.pair([&](Actor& a, Completed&) {
        CPPUNIT_ASSERT(a.write(block_of(all)).has_value());  // waits for room
        return a.send_file(file.get(), 0, 5);
      });
      std::string got;
      rig.until([&] { return rig.receive(got), files.sending() && got.size() == all.size(); });
      for (int i = 0; i < 8; ++i) rig.turn();
      const auto upcalls = rig.reactor->upcalls();
      for (int i = 0; i < 100; ++i) rig.turn();
      CPPUNIT_ASSERT_EQUAL(upcalls, rig.reactor->upcalls());
      files.let_go();
      rig.expect_diary("w3000000w5");
    });
  }

  void what_a_thread_has_done_is_told_when_the_posts_have_room_again() {
    write("small", "12345");
    on_each_real_engine([&](Rig& rig) {
      const os::Unique_Handle file = open("small");
      with_one_thread(rig);
      while (rig.reactor->post_reserved([] {})) continue;
      Watched_Files files;
      rig.pair([&](Actor& a, Completed&) {
        CPPUNIT_ASSERT(a.status(file.get(), {.parallel = true}).has_value());
        return a.status(file.get(), {.parallel = true});
      });
      while (files.pauses() == 0 && files.asked() < 2) std::this_thread::yield();  // it has tried to tell of the first
      rig.expect_diary("ii");
    });
  }

  void what_no_thread_has_begun_ends_at_once() {
    write("small", "12345");
    on_each_real_engine([&](Rig& rig) {
      std::filesystem::remove(folder_ / "new");
      const os::Unique_Handle file = open("small"), folder = open();
      with_one_thread(rig);
      Watched_Files files;
      Actor& actor = rig.pair([&](Actor& a, Completed&) { return a.send_file(file.get(), 0, 5); });
      actor.on_failure = [](Actor&, Completed&) { return Result<>{}; };
      rig.until([&] { return files.sending(); });
      CPPUNIT_ASSERT(actor.open_file(folder.get(), "new", os::Open_Mode::write).has_value());
      CPPUNIT_ASSERT(actor.status(file.get(), {.deadline = 1ms, .parallel = true}).has_value());
      CPPUNIT_ASSERT(actor.list(folder.get(), 10, {.parallel = true}).has_value());
      rig.run_until([&] { return rig.diary == "!late"; });
      actor.cancel_all();
      rig.expect_diary("!late!canceled!canceled");
      CPPUNIT_ASSERT(actor.status(file.get()).has_value());  // waits as the others did
      files.let_go();
      rig.until([&] { return actor.outstanding() == 0; });
      CPPUNIT_ASSERT_MESSAGE(rig.diary, rig.diary.ends_with("canceledw5i") || rig.diary.ends_with("cancelediw5"));
      CPPUNIT_ASSERT(!std::filesystem::exists(folder_ / "new"));
    });
  }

  void a_close_waits_for_nothing_that_no_thread_has_begun() {
    write("small", "12345");
    on_each_real_engine([&](Rig& rig) {
      const os::Unique_Handle file = open("small");
      with_one_thread(rig);
      Watched_Files files;
      rig.pair([&](Actor& a, Completed&) { return a.send_file(file.get(), 0, 5); });
      rig.until([&] { return files.sending(); });
      Actor& other = rig.adopt(open("small"), [&](Actor& a, Completed&) { return a.status(file.get()); }, {}, true);
      other.close();
      rig.expect_diary("!canceledc~");
      files.let_go();
      rig.expect_diary("!canceledc~w5");
      CPPUNIT_ASSERT_EQUAL(0, files.asked());
    });
  }

  /// close_file gives the file away: it is closed by a thread, whatever is canceled.
  void a_file_that_waits_to_be_closed_is_closed() {
    write("small", "12345");
    on_each_real_engine([&](Rig& rig) {
      const os::Unique_Handle file = open("small");
      with_one_thread(rig);
      Watched_Files files;
      Actor& actor = rig.pair([&](Actor& a, Completed&) { return a.send_file(file.get(), 0, 5); });
      rig.until([&] { return files.sending(); });
      CPPUNIT_ASSERT(actor.close_file(open("small")).has_value());
      actor.cancel_all();
      for (int i = 0; i < 8; ++i) rig.turn();
      CPPUNIT_ASSERT_EQUAL(std::string{}, rig.diary);
      files.let_go();
      rig.until([&] { return rig.diary == "w5x" || rig.diary == "xw5"; });
    });
  }

 private:
  static void with_one_thread(Rig& rig) {
    rig.end();
    rig.reactor = std::move(*strata::Reactor::open(
        {.demultiplexer = rig.backend.demultiplexer(), .post_capacity = 16}));
    rig.proactor = std::move(*strata::Proactor::open(
        *rig.reactor, {.engine = engine_of(rig.backend), .file_threads = 1}));
  }
  void write(const std::string& name, std::string_view content) {
    std::ofstream{folder_ / name, std::ios::binary} << content;
  }
  os::Unique_Handle open() const { return *os::open_folder(folder_ / ""); }
  os::Unique_Handle open(const std::string& name) const { return *os::open_file(folder_ / name, os::Open_Mode::read); }

  Temporary_Folder folder_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(Service_Files_Test);

}  // namespace
