// SPDX-License-Identifier: Apache-2.0
// Pipes, splice and send_file of the simulator against the kernel's: each body runs over both.
#include <filesystem>
#include <string>
#include <vector>

#include <strata/os/File.h>
#include <strata/os/Process.h>
#include <strata/os/Splice.h>
#include <strata/sim/Faults.h>

#include "Both_Worlds.h"

namespace strata_test {
namespace {

namespace fs = std::filesystem;
namespace os = strata::os;

constexpr unsigned input = Ready::input, output = Ready::output, broken = Ready::error, hangup = Ready::hangup;

}  // namespace

class Sim_Transfer_Test : public Both_Worlds {
  CPPUNIT_TEST_SUITE(Sim_Transfer_Test);
  CPPUNIT_TEST(a_pipe_keeps_order_and_ends);
  CPPUNIT_TEST(an_empty_pipe_and_a_full_one_would_block);
  CPPUNIT_TEST(a_pipe_without_a_reader_is_broken);
  CPPUNIT_TEST(an_end_of_a_pipe_has_one_direction);
  CPPUNIT_TEST(bytes_go_through_a_pipe_from_peer_to_peer);
  CPPUNIT_TEST(a_splice_that_cannot_go_on_would_block);
  CPPUNIT_TEST(a_splice_ends_with_the_stream);
  CPPUNIT_TEST(a_splice_to_nobody_is_a_broken_pipe);
  CPPUNIT_TEST(a_splice_needs_a_pipe);
  CPPUNIT_TEST(a_file_goes_into_a_pipe);
  CPPUNIT_TEST(a_part_of_a_file_is_sent);
  CPPUNIT_TEST(a_file_is_not_sent_to_a_full_socket_or_to_nobody);
  CPPUNIT_TEST(files_are_the_real_ones);
  CPPUNIT_TEST(whatever_fails_no_byte_is_lost);
  CPPUNIT_TEST(processes_are_refused);
  CPPUNIT_TEST_SUITE_END();

  fs::path folder_ = fs::temp_directory_path() / ("strata-sim-transfer-" + std::to_string(os::process_id()));

  Unique_Handle file_of(const std::string& text) const {
    const std::string path = folder_ / "file";
    expect("write", got(os::File::open(path, os::Open_Mode::write)).write_all(strata::as_bytes(text)));
    return got(os::open_file(path, os::Open_Mode::read));
  }

  std::size_t fill_pipe(Handle writer) const {
    const std::vector<std::byte> block(4096);
    std::size_t total = 0;
    for (auto count = os::write(writer, block); count; count = os::write(writer, block)) total += *count;
    return total;
  }

  void write(Handle handle, std::string_view text) const {
    expect_count(text.size(), os::write(handle, strata::as_bytes(text)));
  }

  void expect_count(std::size_t wanted, const strata::Result<std::size_t>& result) const {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(world_, wanted, got(result));
  }

  void expect_read(Handle handle, std::string_view text) const {
    std::byte room[256];
    const std::size_t count = got(os::read(handle, room));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(world_, std::string{text},
                                 std::string{strata::as_text(strata::Const_Bytes{room}.first(count))});
  }

 public:
  void setUp() override { fs::create_directory(folder_); }
  void tearDown() override { fs::remove_all(folder_); }

  void a_pipe_keeps_order_and_ends() {
    in_both([&] {
      Handle_Pair pipe = got(os::open_pipe());
      expect_ready(pipe.first.get(), 0);
      expect_ready(pipe.second.get(), output);
      write(pipe.second.get(), "one ");
      write(pipe.second.get(), "two");
      expect_ready(pipe.first.get(), input);
      expect_read(pipe.first.get(), "one two");
      write(pipe.second.get(), "last");
      pipe.second.reset();
      expect_ready(pipe.first.get(), input | hangup);
      expect_read(pipe.first.get(), "last");
      expect_ready(pipe.first.get(), hangup);
      expect_read(pipe.first.get(), "");
    });
  }

  void an_empty_pipe_and_a_full_one_would_block() {
    in_both([&] {
      const Handle_Pair pipe = got(os::open_pipe());
      std::byte room[8];
      expect("read", os::read(pipe.first.get(), room), std::errc::operation_would_block);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(world_, std::size_t{65'536}, fill_pipe(pipe.second.get()));
      expect("write", os::write(pipe.second.get(), room), std::errc::operation_would_block);
      expect_ready(pipe.second.get(), 0);
    });
  }

  void a_pipe_without_a_reader_is_broken() {
    in_both([&] {
      Handle_Pair pipe = got(os::open_pipe());
      pipe.first.reset();
      expect_ready(pipe.second.get(), output | broken);
      expect("write", os::write(pipe.second.get(), strata::as_bytes("x")), std::errc::broken_pipe);
    });
  }

  void an_end_of_a_pipe_has_one_direction() {
    in_both([&] {
      const Handle_Pair pipe = got(os::open_pipe()), other = got(os::open_pipe());
      std::byte room[8];
      expect("read", os::read(pipe.second.get(), room), std::errc::bad_file_descriptor);
      expect("write", os::write(pipe.first.get(), room), std::errc::bad_file_descriptor);
      expect("from", os::splice(pipe.second.get(), other.second.get(), 8), std::errc::bad_file_descriptor);
      expect("to", os::splice(pipe.first.get(), other.first.get(), 8), std::errc::bad_file_descriptor);
    });
  }

  void bytes_go_through_a_pipe_from_peer_to_peer() {
    in_both([&] {
      const Peers from = connected(), to = connected();
      const Handle_Pair pipe = got(os::open_pipe());
      say(from.first.get(), "through");
      expect_ready(from.second.get(), input | output);
      expect_count(7, os::splice(from.second.get(), pipe.second.get(), 1000));
      expect_count(3, os::splice(pipe.first.get(), to.first.get(), 3));
      expect_count(4, os::splice(pipe.first.get(), to.first.get(), 1000));
      expect_ready(to.second.get(), input | output);
      expect_hear(to.second.get(), "through");
    });
  }

  void a_splice_that_cannot_go_on_would_block() {
    in_both([&] {
      const auto [near, far] = got(os::socket_pair());
      const Handle_Pair pipe = got(os::open_pipe());
      expect("empty socket", os::splice(near.get(), pipe.second.get(), 9), std::errc::operation_would_block);
      expect("empty pipe", os::splice(pipe.first.get(), near.get(), 9), std::errc::operation_would_block);
      say(far.get(), "stays");
      fill_pipe(pipe.second.get());
      expect("full pipe", os::splice(near.get(), pipe.second.get(), 9), std::errc::operation_would_block);
      expect_hear(near.get(), "stays");
      fill(far.get());
      expect("full socket", os::splice(pipe.first.get(), far.get(), 9), std::errc::operation_would_block);
      drain(near.get());
      expect_count(9, os::splice(pipe.first.get(), far.get(), 9));
    });
  }

  void a_splice_ends_with_the_stream() {
    in_both([&] {
      auto [near, far] = got(os::socket_pair());
      const auto [here, there] = got(os::socket_pair());
      Handle_Pair pipe = got(os::open_pipe());
      far.reset();
      expect_count(0, os::splice(near.get(), pipe.second.get(), 9));
      pipe.second.reset();
      expect_count(0, os::splice(pipe.first.get(), here.get(), 9));
    });
  }

  void a_splice_to_nobody_is_a_broken_pipe() {
    in_both([&] {
      auto [near, far] = got(os::socket_pair());
      const auto [here, there] = got(os::socket_pair());
      Handle_Pair pipe = got(os::open_pipe());
      write(pipe.second.get(), "x");
      far.reset();
      expect("socket", os::splice(pipe.first.get(), near.get(), 9), std::errc::broken_pipe);
      say(here.get(), "x");
      pipe.first.reset();
      expect("pipe", os::splice(there.get(), pipe.second.get(), 9), std::errc::broken_pipe);
    });
  }

  void a_splice_needs_a_pipe() {
    in_both([&] {
      const auto [near, far] = got(os::socket_pair());
      const Handle_Pair pipe = got(os::open_pipe());
      expect("sockets", os::splice(near.get(), far.get(), 9), std::errc::invalid_argument);
      expect("itself", os::splice(pipe.first.get(), pipe.second.get(), 9), std::errc::invalid_argument);
      expect("none", os::splice(Handle{900}, pipe.second.get(), 9), std::errc::bad_file_descriptor);
    });
  }

  void a_file_goes_into_a_pipe() {
    in_both([&] {
      const Unique_Handle file = file_of("0123456789");
      const Handle_Pair pipe = got(os::open_pipe()), other = got(os::open_pipe());
      expect_count(4, os::splice(file.get(), pipe.second.get(), 4));
      expect_count(6, os::splice(file.get(), pipe.second.get(), 100));
      expect_count(0, os::splice(file.get(), pipe.second.get(), 100));
      expect_count(10, os::splice(pipe.first.get(), other.second.get(), 100));
      expect_read(other.first.get(), "0123456789");
    });
  }

  void a_part_of_a_file_is_sent() {
    in_both([&] {
      const Unique_Handle file = file_of("0123456789");
      const Peers peers = connected();
      expect_count(4, os::send_file(peers.first.get(), file.get(), 2, 4));
      expect_count(2, os::send_file(peers.first.get(), file.get(), 8, 100));
      expect_count(0, os::send_file(peers.first.get(), file.get(), 10, 100));
      expect_ready(peers.second.get(), input | output);
      expect_hear(peers.second.get(), "234589");
      expect_read(file.get(), "0123456789");
      expect("none", os::send_file(Handle{900}, file.get(), 0, 1), std::errc::bad_file_descriptor);
      expect("no file", os::send_file(peers.first.get(), peers.second.get(), 0, 1), std::errc::invalid_seek);
    });
  }

  void a_file_is_not_sent_to_a_full_socket_or_to_nobody() {
    in_both([&] {
      const Unique_Handle file = file_of("text");
      auto [near, far] = got(os::socket_pair());
      fill(near.get());
      expect("full", os::send_file(near.get(), file.get(), 0, 4), std::errc::operation_would_block);
      drain(far.get());
      expect_count(4, os::send_file(near.get(), file.get(), 0, 4));
      expect_hear(far.get(), "text");
      far.reset();
      expect("nobody", os::send_file(near.get(), file.get(), 0, 4), std::errc::broken_pipe);
      expect_count(0, os::send_file(near.get(), file.get(), 4, 4));
    });
  }

  void files_are_the_real_ones() {
    in_both([&] {
      file_of("text");
      const Unique_Handle folder = got(os::open_folder(folder_));
      for (int i = 0; i < 2; ++i) {
        CPPUNIT_ASSERT_MESSAGE(world_, std::vector<std::string>{"file"} == got(os::list_directory(folder.get())));
      }
      const Unique_Handle file = got(os::open_beneath(folder.get(), "file", os::Open_Mode::update));
      expect_count(4, os::write_at(file.get(), strata::as_bytes("more"), 4));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(world_, std::uint64_t{8}, got(os::file_status(file.get())).size);
      std::byte room[8];
      expect_count(2, os::read_at(file.get(), room, 6));
      expect("outside", os::open_beneath(folder.get(), "/etc", os::Open_Mode::read), std::errc::cross_device_link);
      expect("no folder", os::open_beneath(file.get(), "file", os::Open_Mode::read), std::errc::not_a_directory);
      expect("none", os::list_directory(Handle{900}), std::errc::bad_file_descriptor);
    });
  }

  /// A proxy's way: a file to a socket, from there through a pipe to another socket.
  void whatever_fails_no_byte_is_lost() {
    std::string text(300'000, ' ');
    for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i % 23);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const strata::sim::Simulator simulator{
          seed, {.interrupt = 0.2, .short_read = 0.5, .short_write = 0.5, .would_block = 0.2}};
      world_ = "seed " + std::to_string(seed);
      const Unique_Handle file = file_of(text);
      const auto [near, far] = got(os::socket_pair());
      const auto [here, there] = got(os::socket_pair());
      const Handle_Pair pipe = got(os::open_pipe());
      std::string heard;
      for (std::uint64_t sent = 0; heard.size() < text.size();) {
        sent += os::send_file(near.get(), file.get(), sent, text.size()).value_or(0);
        os::splice(far.get(), pipe.second.get(), text.size());
        os::splice(pipe.first.get(), here.get(), text.size());
        std::byte room[5000];
        const std::size_t count = os::receive(there.get(), room).value_or(0);
        heard += strata::as_text(strata::Const_Bytes{room}.first(count));
      }
      CPPUNIT_ASSERT_MESSAGE(world_, text == heard);
    }
  }

  void processes_are_refused() {
    const strata::sim::Simulator simulator{1};
    const auto refused = std::errc::function_not_supported;
    expect("start", os::start_process({.program = "/bin/cat"}), refused);
    expect("open", os::open_process(1), refused);
    expect("reap", os::reap(Handle{3}), refused);
    expect("signal", os::signal_process(Handle{3}, os::Signal::terminate), refused);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Sim_Transfer_Test);

}  // namespace strata_test
