// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <strata_test/Mechanisms.h>
#include <strata_test/Temporary_Folder.h>
#include <strata_test/Virtual_Time.h>

#include "../../services/files/Files_Request.h"
#include "Service_Rig.h"

namespace {

using namespace strata_test;

std::string text(std::size_t size) {
  std::string made(size, ' ');
  for (std::size_t i = 0; i < size; ++i) made[i] = static_cast<char>('a' + (i * i + i / 251) % 26);
  return made;
}

class Files_Test : public Service_Rig {
  CPPUNIT_TEST_SUITE(Files_Test);
  CPPUNIT_TEST(a_file_comes_whole_on_every_engine);
  CPPUNIT_TEST(requests_in_one_packet_are_answered_in_order);
  CPPUNIT_TEST(a_request_may_come_in_pieces);
  CPPUNIT_TEST(a_folder_is_listed_up_to_the_cap);
  CPPUNIT_TEST(who_asks_for_a_list_learns_that_there_is_more);
  CPPUNIT_TEST(a_status_tells_type_size_and_time);
  CPPUNIT_TEST(what_is_no_regular_file_is_not_sent);
  CPPUNIT_TEST(no_name_leads_out_of_the_root);
  CPPUNIT_TEST(what_is_no_request_is_refused_and_the_next_is_answered);
  CPPUNIT_TEST(a_line_that_never_ends_closes);
  CPPUNIT_TEST(a_line_that_is_too_long_closes_wherever_it_was_cut);
  CPPUNIT_TEST(what_was_answered_comes_whole_whatever_stands_behind_the_last_request);
  CPPUNIT_TEST(who_goes_on_sending_behind_the_last_request_is_cut_off);
  CPPUNIT_TEST(who_does_not_read_is_not_read_from);
  CPPUNIT_TEST(who_does_not_read_is_cut_off);
  CPPUNIT_TEST(who_has_asked_and_shut_down_is_answered);
  CPPUNIT_TEST(a_drain_sends_the_file_to_its_end);
  CPPUNIT_TEST(a_drain_cuts_nothing_of_what_was_answered_before_the_last_request);
  CPPUNIT_TEST(a_file_that_shrinks_closes);
  CPPUNIT_TEST(a_root_that_is_none_is_told_with_its_place);
  CPPUNIT_TEST(requests_are_parsed);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_file_comes_whole_on_every_engine() {
    const std::string all = text(3'000'000);
    write("large", all);
    for (const std::string_view name : mechanisms()) {
      serve(std::string{name});
      expect("get large\n", "ok 3000000\n" + all);
      stop();
    }
  }

  void requests_in_one_packet_are_answered_in_order() {
    write("a", "first");
    write("b", "");
    write("c", "third");
    serve();
    expect("get a\nget b\r\nget c\nquit\nget a\n", "ok 5\nfirstok 0\nok 5\nthird");
  }

  void a_request_may_come_in_pieces() {
    write("note", "hello");
    serve();
    SOCK_Stream peer = connect();
    for (const char c : std::string_view{"get note"}) {
      send(peer, std::string_view{&c, 1});
      turns(3);
    }
    send(peer, "\n");
    CPPUNIT_ASSERT_EQUAL(std::string{"ok 5\nhello"}, receive(peer, 10));
  }

  void a_folder_is_listed_up_to_the_cap() {
    std::filesystem::create_directory(folder_ / "inner");
    for (const char* name : {"inner/b", "inner/a", "inner/c", "inner/a b", "inner/new\nline"}) write(name, "");
    serve("auto", "max_list: 5");
    expect("list inner\nlist\nlist none\nquit\n",
           "ok 4\na\na b\nb\nc\nok 1\ninner\nerror No such file or directory\n");
  }

  void who_asks_for_a_list_learns_that_there_is_more() {
    for (int i = 10; i < 99; ++i) write(std::to_string(i), "");
    serve("auto", "max_list: 88");
    SOCK_Stream peer = connect();
    send(peer, "list\nstat 10\n");
    const std::string answer = receive(peer, 11 + 88 * 3 + 10);
    CPPUNIT_ASSERT_EQUAL(std::string{"ok 88 more\n"}, answer.substr(0, 11));
    CPPUNIT_ASSERT_EQUAL(std::string{"ok regular"}, answer.substr(11 + 88 * 3, 10));
  }

  void a_status_tells_type_size_and_time() {
    write("note", "12345");
    std::filesystem::last_write_time(folder_ / "note", time_of(1'700'000'000));
    serve();
    expect("stat note\n", "ok regular 5 1700000000\n");
  }

  void what_is_no_regular_file_is_not_sent() {
    CPPUNIT_ASSERT_EQUAL(0, std::system(("mkfifo '" + (folder_ / "fifo") + "'").c_str()));
    serve();
    expect("get fifo\nget .\nlist fifo\nquit\n",
           "error not a regular file\nerror not a regular file\nerror Not a directory\n");
  }

  void no_name_leads_out_of_the_root() {
    write("note", "x");
    std::filesystem::create_directory(folder_ / "root");
    std::filesystem::create_symlink("../note", folder_ / "root/link");
    serve("auto", "", "root");
    for (const char* name : {"../note", "/etc/passwd", "link", "./../root/../note"}) {
      expect("get " + std::string{name} + "\nquit\n", "error Invalid cross-device link\n");
    }
  }

  void what_is_no_request_is_refused_and_the_next_is_answered() {
    write("note", "hello");
    serve();
    expect("put note\nget\nget note\nquit\n", "error no such request\nerror no such request\nok 5\nhello");
  }

  void a_line_that_never_ends_closes() {
    serve();
    SOCK_Stream peer = connect();
    send(peer, std::string(20'000, 'x'));
    CPPUNIT_ASSERT_EQUAL(std::string{}, receive(peer, 1));
  }

  void a_line_that_is_too_long_closes_wherever_it_was_cut() {
    serve();
    for (const bool whole : {false, true}) {
      SOCK_Stream peer = connect();
      send(peer, std::string(4'201, 'x') + (whole ? "\nlist\n" : ""));
      CPPUNIT_ASSERT_EQUAL(std::string{}, receive(peer, 1));
    }
  }

  void what_was_answered_comes_whole_whatever_stands_behind_the_last_request() {
    const std::string all = text(1'000'000);
    write("large", all);
    for (const std::string_view name : mechanisms()) {
      serve(std::string{name});
      for (const std::string_view last : {"quit\n", ""}) {
        SOCK_Stream peer = connect();
        send(peer, "get large\n" + std::string{last} + std::string(50'000, 'x'));
        CPPUNIT_ASSERT(receive(peer, 2'000'000) == "ok 1000000\n" + all);
      }
      stop();
    }
  }

  void who_goes_on_sending_behind_the_last_request_is_cut_off() {
    const Virtual_Time time;
    serve();
    SOCK_Stream peer = connect();
    send(peer, "quit\n");
    CPPUNIT_ASSERT_EQUAL(std::string{}, receive(peer, 1));
    for (int i = 0; i < 10'000 && handlers() == 2; ++i) {
      (void)peer.send(as_bytes("x"));
      run_for(std::chrono::milliseconds{1});
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, handlers());
  }

  void who_does_not_read_is_not_read_from() {
    write("large", text(3'000'000));
    serve();
    SOCK_Stream peer = connect();
    send(peer, "get large\n");
    const std::string more(100'000, '\n');
    std::size_t taken = 0;
    for (int quiet = 0; quiet < 50; ++quiet) {  // until the system takes no more
      const Result<std::size_t> some = peer.send(as_bytes(more));
      taken += some.value_or(0);
      if (some) quiet = 0;
      CPPUNIT_ASSERT(taken < 100'000'000);
      turns(1);
    }
  }

  void who_does_not_read_is_cut_off() {
    const Virtual_Time time;
    write("large", text(30'000'000));
    serve("auto", "stall_timeout: 50ms");
    SOCK_Stream peer = connect();
    send(peer, "get large\n");
    turn_until([this] { return handlers() == 2; });
    for (int i = 0; i < 10'000 && handlers() == 2; ++i) run_for(std::chrono::milliseconds{1});
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, handlers());
  }

  void who_has_asked_and_shut_down_is_answered() {
    const std::string all = text(500'000);
    write("large", all);
    serve();
    SOCK_Stream peer = connect();
    send(peer, "get large\n");
    CPPUNIT_ASSERT(peer.shutdown(os::Shutdown::send).has_value());
    CPPUNIT_ASSERT(receive(peer, 1'000'000) == "ok 500000\n" + all);
  }

  void a_drain_sends_the_file_to_its_end() {
    const std::string all = text(3'000'000);
    write("large", all);
    serve();
    SOCK_Stream peer = connect();
    send(peer, "get large\n");
    const std::string head = receive(peer, 1);
    begin_stop(std::chrono::seconds{60});
    CPPUNIT_ASSERT(head + receive(peer, 10'000'000) == "ok 3000000\n" + all);
    turn_until([this] { return stopped(); });
  }

  void a_drain_cuts_nothing_of_what_was_answered_before_the_last_request() {
    const std::string all = text(1'000'000);
    write("large", all);
    for (const std::string_view name : mechanisms()) {
      serve(std::string{name});
      SOCK_Stream peer = connect();
      send(peer, "get large\nquit\n");
      turns(1'000);
      begin_stop(std::chrono::seconds{60});
      turns(10);
      (void)peer.send(as_bytes("behind the last"));
      CPPUNIT_ASSERT(receive(peer, 2'000'000) == "ok 1000000\n" + all);
      CPPUNIT_ASSERT(peer.shutdown(os::Shutdown::send).has_value());
      turn_until([this] { return stopped(); });
      stop();
    }
  }

  void a_file_that_shrinks_closes() {
    write("large", text(30'000'000));
    serve();
    SOCK_Stream peer = connect();
    send(peer, "get large\n");
    const std::string head = receive(peer, 1);
    std::filesystem::resize_file(folder_ / "large", 0);
    CPPUNIT_ASSERT((head + receive(peer, 100'000'000)).size() < 30'000'000);
  }

  void a_root_that_is_none_is_told_with_its_place() {
    const std::string told = errors_of("files", "tcp://127.0.0.1:0", "root: '" + (folder_ / "none") + "'");
    CPPUNIT_ASSERT_MESSAGE(told, told.find("error: root: ") != std::string::npos);
    CPPUNIT_ASSERT_MESSAGE(told, told.find("No such file or directory") != std::string::npos);
    CPPUNIT_ASSERT(errors_of("files", "tcp://127.0.0.1:0", "").find("root") != std::string::npos);
  }

  void requests_are_parsed() {
    using files::parse_request;
    CPPUNIT_ASSERT(parse_request("get a b")->name == "a b");
    CPPUNIT_ASSERT(parse_request("list")->name.empty());
    CPPUNIT_ASSERT(parse_request("quit").has_value());
    for (const char* none : {"", " ", "get", "get ", "stat", "quit now", "GET a", "get a\tb", "got a"}) {
      CPPUNIT_ASSERT_MESSAGE(none, !parse_request(none).has_value());
    }
    CPPUNIT_ASSERT(!parse_request("get " + std::string(4096, 'x')).has_value());
  }

 private:
  static std::filesystem::file_time_type time_of(std::int64_t seconds) {
    return std::chrono::file_clock::from_sys(std::chrono::sys_seconds{std::chrono::seconds{seconds}});
  }
  void write(const std::string& name, std::string_view content) {
    std::ofstream{folder_ / name, std::ios::binary} << content;
  }
  void serve(const std::string& demultiplexer = "auto", const std::string& options = "", const std::string& root = "") {
    start("files", demultiplexer, "root: '" + (folder_ / root) + "'" + (options.empty() ? "" : ", " + options));
  }
  /// All that a peer gets who asks, and asks no more.
  void expect(std::string_view asked, const std::string& answer) {
    SOCK_Stream peer = connect();
    send(peer, asked);
    CPPUNIT_ASSERT(peer.shutdown(os::Shutdown::send).has_value());
    const std::string got = receive(peer, answer.size() + 1);
    CPPUNIT_ASSERT_EQUAL(answer.size() < 1000 ? answer : std::to_string(answer.size()),
                         answer.size() < 1000 ? got : std::to_string(got.size()));
    CPPUNIT_ASSERT(got == answer);
  }

  Temporary_Folder folder_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(Files_Test);

}  // namespace
