// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Process.h>

#include <array>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <strata/os/Signal_Source.h>
#include <strata_test/Child.h>
#include <strata_test/Descriptor_Limit.h>
#include <strata_test/Inherited.h>

#include "Fault_Table.h"
#include "Loopback.h"

namespace {

namespace os = strata::os;
using namespace std::string_literals;
using namespace strata_test;

class Process_Test : public Os_Fixture {
  CPPUNIT_TEST_SUITE(Process_Test);
  CPPUNIT_TEST(the_id_is_the_systems);
  CPPUNIT_TEST(the_descriptor_limit_is_raised_to_the_hard_one);
  CPPUNIT_TEST(a_refused_limit_is_an_error);
  CPPUNIT_TEST(a_process_has_its_program_arguments_and_streams);
  CPPUNIT_TEST(streams_may_be_given_crosswise);
  CPPUNIT_TEST(a_stream_that_is_not_given_is_dev_null);
  CPPUNIT_TEST(a_process_inherits_no_other_descriptor);
  CPPUNIT_TEST(a_process_starts_with_fresh_signals);
  CPPUNIT_TEST(a_process_is_reaped_once_and_when_it_has_ended);
  CPPUNIT_TEST(a_signal_ends_a_process_and_is_told);
  CPPUNIT_TEST(a_process_that_catches_all_is_killed);
  CPPUNIT_TEST(a_process_that_was_stopped_goes_on);
  CPPUNIT_TEST(a_program_that_is_not_there_is_an_error);
  CPPUNIT_TEST(a_process_without_a_handle_is_not_left_behind);
  CPPUNIT_TEST(a_process_is_opened_by_its_id);
  CPPUNIT_TEST(who_is_no_child_is_not_reaped);
  CPPUNIT_TEST(a_system_without_processes_is_an_error);
  CPPUNIT_TEST(a_nul_in_a_program_or_an_argument_is_refused);
  CPPUNIT_TEST_SUITE_END();

  /// Its end is waited for.
  static os::Exit_Status ended(const os::Unique_Handle& process) {
    await(process.get(), os::Interest::input);
    return value_of(os::reap(process.get()));
  }

  /// Until the end of the stream.
  static std::string read_all(os::Handle pipe) {
    std::string text;
    for (;;) {
      await(pipe, os::Interest::input);
      std::byte room[512];
      const std::size_t count = value_of(os::read(pipe, room));
      if (count == 0) return text;
      text += strata::as_text(strata::Const_Bytes{room}.first(count));
    }
  }

  /// What a program writes, that ends well.
  static std::string output_of(os::Process_Start wanted) {
    auto [reader, writer] = value_of(os::open_pipe());
    wanted.output = writer.get();
    const auto process = value_of(os::start_process(wanted));
    CPPUNIT_ASSERT(closes_on_exec(process.get()));
    writer.reset();
    std::string text = read_all(reader.get());
    CPPUNIT_ASSERT_EQUAL(0, ended(process).code);
    return text;
  }

  static os::Process_Start shell(const std::string& script) {
    return {.program = "/bin/sh", .arguments = {"-c", script, "name", "an argument"}};
  }

  /// R(unning), S(leeping), T (stopped). Source: proc_pid_fdinfo(5), proc_pid_stat(5).
  static char state_of(os::Handle process) {
    const auto after = [](std::istream& text, std::string_view name) {
      std::string word;
      while (text >> word && word != name) continue;
      text >> word;
      return word;
    };
    std::ifstream info{"/proc/self/fdinfo/" + std::to_string(process.value())};
    std::ifstream status{"/proc/" + after(info, "Pid:") + "/status"};
    return after(status, "State:").front();
  }

 public:
  void the_id_is_the_systems() {
    const auto self = std::filesystem::read_symlink("/proc/self").string();
    CPPUNIT_ASSERT_EQUAL(self, std::to_string(os::process_id()));
  }

  void the_descriptor_limit_is_raised_to_the_hard_one() {
    const std::uint64_t limit = value_of(os::raise_descriptor_limit());
    std::ifstream limits{"/proc/self/limits"};
    std::string word;
    while (limits >> word && word != "files") continue;  // "Max open files  SOFT  HARD  files"
    std::string soft, hard;
    limits >> soft >> hard;
    CPPUNIT_ASSERT_EQUAL(hard, soft);
    CPPUNIT_ASSERT_EQUAL(hard, std::to_string(limit));
  }

  void a_refused_limit_is_an_error() {
    Fault_Table faults;
    faults.fail<&os::Operations::raise_descriptor_limit>(std::errc::operation_not_permitted, 1);
    expect_error(std::errc::operation_not_permitted, os::raise_descriptor_limit());
  }

  void a_process_has_its_program_arguments_and_streams() {
    auto [its_input, input] = value_of(os::open_pipe());
    auto [errors, its_errors] = value_of(os::open_pipe());
    value_of(os::write(input.get(), strata::as_bytes("said\n")));
    input.reset();
    os::Process_Start wanted = shell("read line; echo \"$1: $line\"; echo wrong >&2");
    wanted.input = its_input.get();
    wanted.error = its_errors.get();
    CPPUNIT_ASSERT_EQUAL("an argument: said\n"s, output_of(wanted));
    CPPUNIT_ASSERT(!is_non_blocking(its_input.get()));
    its_errors.reset();
    CPPUNIT_ASSERT_EQUAL("wrong\n"s, read_all(errors.get()));
    CPPUNIT_ASSERT(is_non_blocking(errors.get()));
  }

  /// Each of 0 and 1 is what the other was: none may be lost on the way.
  void streams_may_be_given_crosswise() {
    os::Process_Start inner = shell("echo one >&0; echo two >&1");
    auto [first, to_first] = value_of(os::open_pipe());
    auto [second, to_second] = value_of(os::open_pipe());
    const os::Handle in{0}, out{1};
    Standard_Streams kept{to_first.get(), to_second.get()};
    inner.input = out;
    inner.output = in;
    const auto process = value_of(os::start_process(inner));
    kept.restore();
    to_first.reset();
    to_second.reset();
    CPPUNIT_ASSERT_EQUAL(0, ended(process).code);
    CPPUNIT_ASSERT_EQUAL("two\n"s, read_all(first.get()));
    CPPUNIT_ASSERT_EQUAL("one\n"s, read_all(second.get()));
  }

  void a_stream_that_is_not_given_is_dev_null() {
    CPPUNIT_ASSERT_EQUAL("/dev/null\n/dev/null\n"s, output_of(shell("readlink /proc/$$/fd/0 /proc/$$/fd/2")));
  }

  void a_process_inherits_no_other_descriptor() {
    const auto [near, far] = value_of(os::open_pipe());
    const os::Unique_Handle stray{inherited(near.get())};
    CPPUNIT_ASSERT_EQUAL("0\n1\n2\n3\n"s, output_of({.program = "/bin/ls", .arguments = {"/proc/self/fd"}}));  // 3: ls
  }

  void a_process_starts_with_fresh_signals() {
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    const auto handler = std::signal(SIGHUP, SIG_IGN);
    const std::string status = output_of({.program = "/bin/cat", .arguments = {"/proc/self/status"}});
    std::signal(SIGHUP, handler);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    for (const char* const mask : {"SigBlk:\t", "SigIgn:\t"}) {
      const std::uint64_t signals = std::stoull(status.substr(status.find(mask) + std::strlen(mask)), nullptr, 16);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(status, std::uint64_t{0}, signals & 0x7fff'ffff);  // 32 and 33 are libc's own
    }
  }

  void a_process_is_reaped_once_and_when_it_has_ended() {
    auto [its_input, input] = value_of(os::open_pipe());
    os::Process_Start wanted = shell("read line; exit 7");
    wanted.input = its_input.get();
    const auto process = value_of(os::start_process(wanted));
    expect_error(std::errc::operation_would_block, os::reap(process.get()));
    input.reset();
    its_input.reset();
    const os::Exit_Status status = ended(process);
    CPPUNIT_ASSERT_EQUAL(7, status.code);
    CPPUNIT_ASSERT_EQUAL(0, status.signal);
    expect_error(std::errc::no_child_process, os::reap(process.get()));
    expect_error(std::errc::no_such_process, os::signal_process(process.get(), os::Signal::terminate));
  }

  void a_signal_ends_a_process_and_is_told() {
    const auto [its_input, input] = value_of(os::open_pipe());
    using enum os::Signal;
    const std::vector<std::pair<os::Signal, int>> signals{{interrupt, SIGINT}, {terminate, SIGTERM}, {hangup, SIGHUP},
                                                          {user1, SIGUSR1},    {user2, SIGUSR2},     {quit, SIGQUIT},
                                                          {kill, SIGKILL}};
    for (const auto& [signal, number] : signals) {
      const auto process = value_of(os::start_process({.program = "/bin/cat", .input = its_input.get()}));
      expect_done(os::signal_process(process.get(), signal));
      const os::Exit_Status status = ended(process);
      CPPUNIT_ASSERT_EQUAL(0, status.code);
      CPPUNIT_ASSERT_EQUAL(number, status.signal);
    }
  }

  void a_process_that_catches_all_is_killed() {
    auto [its_input, input] = value_of(os::open_pipe());
    auto [output, its_output] = value_of(os::open_pipe());
    os::Process_Start wanted = shell("trap '' TERM INT HUP QUIT; echo ready; read line");
    wanted.input = its_input.get();
    wanted.output = its_output.get();
    const auto process = value_of(os::start_process(wanted));
    await(output.get(), os::Interest::input);  // it catches them from now on
    expect_done(os::signal_process(process.get(), os::Signal::terminate));
    expect_error(std::errc::operation_would_block, os::reap(process.get()));
    expect_done(os::signal_process(process.get(), os::Signal::kill));
    CPPUNIT_ASSERT_EQUAL(SIGKILL, ended(process).signal);
  }

  void a_process_that_was_stopped_goes_on() {
    auto [its_input, input] = value_of(os::open_pipe());
    const auto process = value_of(os::start_process({.program = "/bin/cat", .input = its_input.get()}));
    const auto state = [&] { return state_of(process.get()); };
    expect_done(os::signal_process(process.get(), os::Signal::stop));
    while (state() != 'T') std::this_thread::yield();
    input.reset();  // it would end
    expect_error(std::errc::operation_would_block, os::reap(process.get()));
    expect_done(os::signal_process(process.get(), os::Signal::resume));
    its_input.reset();
    CPPUNIT_ASSERT_EQUAL(0, ended(process).code);
  }

  void a_program_that_is_not_there_is_an_error() {
    expect_error(std::errc::no_such_file_or_directory, os::start_process({.program = "/bin/no-such-program"}));
    expect_error(std::errc::permission_denied, os::start_process({.program = "/etc/passwd"}));
    expect_error(std::errc::bad_file_descriptor,
                 os::start_process({.program = "/bin/cat", .output = os::Handle{999'999}}));
  }

  /// With no descriptor left but what the start itself takes.
  void a_process_without_a_handle_is_not_left_behind() {
    const auto pipe = value_of(os::open_pipe());  // a limit of 3 would be refused by posix_spawn(3) itself
    const Descriptor_Limit none_left;
    expect_error(std::errc::too_many_files_open, os::start_process({.program = "/bin/cat", .input = os::Handle{0}}));
    CPPUNIT_ASSERT(!has_children());
  }

  void a_process_is_opened_by_its_id() {
    const auto self = value_of(os::open_process(os::process_id()));
    CPPUNIT_ASSERT(closes_on_exec(self.get()));
    expect_error(std::errc::no_such_process, os::open_process(-1));
    expect_error(std::errc::no_such_process, os::open_process(std::int64_t{1} << 40));
  }

  void who_is_no_child_is_not_reaped() {
    expect_error(std::errc::no_child_process, os::reap(value_of(os::open_process(os::process_id())).get()));
    const auto [near, far] = value_of(os::open_pipe());
    expect_error(std::errc::bad_file_descriptor, os::reap(near.get()));
    expect_error(std::errc::bad_file_descriptor, os::signal_process(near.get(), os::Signal::user1));
  }

  void a_system_without_processes_is_an_error() {
    Fault_Table faults;
    faults.fail<&os::Operations::process_start>(std::errc::function_not_supported, 1);
    expect_error(std::errc::function_not_supported, os::start_process({.program = "/bin/cat"}));
  }

  void a_nul_in_a_program_or_an_argument_is_refused() {
    os::Process_Start wanted = shell("exit 0");
    wanted.arguments.back() += '\0';
    expect_error(std::errc::invalid_argument, os::start_process(wanted));
    wanted.arguments.back() = "an argument";
    wanted.program += "\0 and more"s;
    expect_error(std::errc::invalid_argument, os::start_process(wanted));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Process_Test);

}  // namespace
