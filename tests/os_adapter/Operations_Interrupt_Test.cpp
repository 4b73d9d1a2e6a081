// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <csignal>
#include <filesystem>
#include <string>

#include <strata/os/Alarm.h>
#include <strata/os/Datagram.h>
#include <strata/os/Demultiplexer.h>
#include <strata/os/Entropy.h>
#include <strata/os/File.h>
#include <strata/os/Process.h>
#include <strata/os/Signal_Source.h>
#include <strata/os/Splice.h>
#include <strata/os/Thread.h>
#include <strata/os/Waker.h>
#include <strata_test/Inherited.h>
#include <strata_test/Mechanisms.h>

#include "Fault_Table.h"
#include "Loopback.h"

namespace {

namespace os = strata::os;
namespace fs = std::filesystem;
using namespace std::chrono_literals;
using namespace strata_test;
using os::Operations;

/// EINTR at the first three calls of an entry: what PORTING.md says of it is what the os:: function does.
class Operations_Interrupt_Test : public Os_Fixture {
  CPPUNIT_TEST_SUITE(Operations_Interrupt_Test);
  CPPUNIT_TEST(an_interrupted_socket_is_made);
  CPPUNIT_TEST(an_interrupted_transfer_is_repeated);
  CPPUNIT_TEST(an_interrupted_setting_is_repeated);
  CPPUNIT_TEST(an_interrupted_datagram_is_sent_and_received);
  CPPUNIT_TEST(an_interrupted_accept_is_repeated);
  CPPUNIT_TEST(an_interrupted_connect_is_in_progress);
  CPPUNIT_TEST(an_interrupted_resolver_is_repeated);
  CPPUNIT_TEST(an_interrupted_file_operation_is_repeated);
  CPPUNIT_TEST(an_interrupted_folder_is_opened_and_listed);
  CPPUNIT_TEST(an_interrupted_transfer_within_the_system_is_repeated);
  CPPUNIT_TEST(an_interrupted_process_is_started_and_reaped);
  CPPUNIT_TEST(an_interrupted_wake_up_is_repeated);
  CPPUNIT_TEST(an_interrupted_thread_is_started_and_joined);
  CPPUNIT_TEST(an_interrupted_signal_is_read);
  CPPUNIT_TEST(interrupted_entropy_and_limits_are_repeated);
  CPPUNIT_TEST(an_interrupted_change_of_interest_is_repeated);
  CPPUNIT_TEST(an_interrupted_ring_is_made);
  CPPUNIT_TEST(an_interrupted_wait_has_no_events);
  CPPUNIT_TEST_SUITE_END();

  static constexpr int interruptions = 3;

  /// Runs `call`, which calls `Entry` once, under EINTR; whatever it returns is a success.
  template <auto Entry, class Call>
  static auto repeated(Call call) {
    Fault_Table faults;
    faults.fail<Entry>(std::errc::interrupted, interruptions);
    auto result = call();
    CPPUNIT_ASSERT_MESSAGE(result ? "" : result.error().message(), result.has_value());
    CPPUNIT_ASSERT_EQUAL(interruptions + 1, faults.calls<Entry>());
    return result;
  }

 public:
  void an_interrupted_socket_is_made() {
    repeated<&Operations::socket>([] { return os::open_socket(os::Family::ipv4, os::Socket_Kind::stream); });
    const auto pair = repeated<&Operations::socket_pair>([] { return os::socket_pair(); });
    repeated<&Operations::duplicate>([&pair] { return os::duplicate(pair->first.get()); });
    const os::Handle descriptor = inherited(pair->first.get());
    const auto adopted = repeated<&Operations::adopt>([&] { return os::adopt(descriptor); });
    CPPUNIT_ASSERT(os::adopt(descriptor).error() == std::errc::file_exists);
  }

  void an_interrupted_transfer_is_repeated() {
    const auto [near, far] = value_of(os::socket_pair());
    const strata::Const_Bytes text = strata::as_bytes("x");
    repeated<&Operations::send>([&] { return os::send(near.get(), text); });
    repeated<&Operations::send_gathered>([&] { return os::send(near.get(), std::span{&text, 1}); });
    std::byte room[2];
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, *repeated<&Operations::receive>([&] { return os::receive(far.get(), room); }));
    repeated<&Operations::shutdown>([&] { return os::shutdown(near.get(), os::Shutdown::both); });
  }

  void an_interrupted_setting_is_repeated() {
    const auto socket = value_of(os::open_socket(os::Family::ipv4, os::Socket_Kind::stream));
    const os::Handle handle = socket.get();
    repeated<&Operations::set_option>([&] { return os::set_option(handle, os::Socket_Option::no_delay, 1); });
    repeated<&Operations::get_option>([&] { return os::get_option(handle, os::Socket_Option::no_delay); });
    repeated<&Operations::bind>([&] { return os::bind(handle, loopback()); });
    repeated<&Operations::listen>([&] { return os::listen(handle, 5); });
    repeated<&Operations::local_address>([&] { return os::local_address(handle); });
    Fault_Table faults;
    faults.fail<&Operations::get_option>(std::errc::interrupted, interruptions);
    CPPUNIT_ASSERT(!os::pending_error(handle));
  }

  void an_interrupted_datagram_is_sent_and_received() {
    const auto socket = value_of(os::open_socket(os::Family::ipv4, os::Socket_Kind::datagram));
    CPPUNIT_ASSERT(os::bind(socket.get(), loopback()));
    const os::Datagram_Out datagram{strata::as_bytes("x"), value_of(os::local_address(socket.get()))};
    repeated<&Operations::send_datagrams>([&] { return os::send_datagrams(socket.get(), {&datagram, 1}); });
    std::byte room[2];
    os::Datagram_In slot{room};
    repeated<&Operations::receive_datagrams>([&] { return os::receive_datagrams(socket.get(), {&slot, 1}); });
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, slot.size);
    const auto group = os::Socket_Address::ipv4(std::array<std::uint8_t, 4>{239, 255, 77, 2}, 0);
    repeated<&Operations::set_membership>([&] { return os::join_group(socket.get(), group, 1); });
  }

  void an_interrupted_accept_is_repeated() {
    const Listener listener = listen_on(loopback());
    const auto client = connect_to(listener.address);
    await(listener.handle.get(), os::Interest::input);
    repeated<&Operations::accept>([&] { return os::accept(listener.handle.get()); });
    repeated<&Operations::peer_address>([&] { return os::peer_address(client.get()); });
  }

  void an_interrupted_connect_is_in_progress() {
    Fault_Table faults;
    faults.fail<&Operations::connect>(std::errc::interrupted, interruptions);
    expect_error(std::errc::operation_in_progress, os::connect(os::Handle{70}, loopback(1)));
    CPPUNIT_ASSERT_EQUAL(1, faults.calls<&Operations::connect>());
  }

  void an_interrupted_resolver_is_repeated() {
    const auto found = repeated<&Operations::resolve>([] { return os::resolve({.host = "127.0.0.1", .port = 9}); });
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, found->size());
  }

  void an_interrupted_file_operation_is_repeated() {
    const std::string path = fs::temp_directory_path() / ("strata-interrupt-" + std::to_string(os::process_id()));
    const std::string moved = path + "-moved";
    auto file = repeated<&Operations::file_open>([&] { return os::File::open(path, os::Open_Mode::write); });
    repeated<&Operations::write>([&] { return file->write_all(strata::as_bytes("text")); });
    repeated<&Operations::file_sync>([&] { return file->sync(); });
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{4}, repeated<&Operations::file_status>([&] { return file->status(); })->size);
    auto reader = value_of(os::File::open(path, os::Open_Mode::read));
    std::byte room[8];
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, *repeated<&Operations::read>([&] { return reader.read(room); }));
    repeated<&Operations::file_rename>([&] { return os::rename_file(path, moved); });
    repeated<&Operations::file_remove>([&] { return os::remove_file(moved); });
    repeated<&Operations::path_status>([] { return os::path_status("/"); });
    repeated<&Operations::directory_list>([] { return os::list_directory("/"); });
  }

  void an_interrupted_folder_is_opened_and_listed() {
    const auto folder = repeated<&Operations::folder_open>([] { return os::open_folder("/proc"); });
    repeated<&Operations::folder_list>([&] { return os::list_directory(folder->get()); });
    repeated<&Operations::file_open_now>([] { return os::open_file("/proc/version", os::Open_Mode::read); });
    const auto file = repeated<&Operations::file_open_beneath>(
        [&] { return os::open_beneath(folder->get(), "version", os::Open_Mode::read); });
    repeated<&Operations::file_status>([&] { return os::file_status(file->get()); });
  }

  void an_interrupted_transfer_within_the_system_is_repeated() {
    const auto [near, far] = value_of(os::socket_pair());
    const auto [reader, writer] = value_of(os::open_pipe());
    const auto image = value_of(os::open_file(value_of(os::executable_path()), os::Open_Mode::read));
    const auto sent = repeated<&Operations::send_file>([&] { return os::send_file(near.get(), image.get(), 0, 9); });
    CPPUNIT_ASSERT_EQUAL(std::size_t{9}, *sent);
    const auto moved = repeated<&Operations::splice>([&] { return os::splice(far.get(), writer.get(), 99); });
    CPPUNIT_ASSERT_EQUAL(std::size_t{9}, *moved);
  }

  void an_interrupted_process_is_started_and_reaped() {
    const auto process =
        repeated<&Operations::process_start>([] { return os::start_process({.program = "/bin/cat"}); });
    await(process->get(), os::Interest::input);
    repeated<&Operations::process_signal>([&] { return os::signal_process(process->get(), os::Signal::hangup); });
    CPPUNIT_ASSERT_EQUAL(0, repeated<&Operations::process_reap>([&] { return os::reap(process->get()); })->code);
    repeated<&Operations::process_open>([] { return os::open_process(os::process_id()); });
  }

  void an_interrupted_wake_up_is_repeated() {
    auto waker = repeated<&Operations::event_open>([] { return os::Waker::open(); });
    auto alarm = repeated<&Operations::timer_open>([] { return os::Alarm::open(); });
    repeated<&Operations::timer_set>([&] { return alarm->set({}); });
    Fault_Table faults;
    faults.fail<&Operations::write>(std::errc::interrupted, interruptions);
    waker->wake();
    CPPUNIT_ASSERT_EQUAL(interruptions + 1, faults.calls<&Operations::write>());
    faults.fail<&Operations::read>(std::errc::interrupted, interruptions);
    waker->clear();
    CPPUNIT_ASSERT_EQUAL(interruptions + 1, faults.calls<&Operations::read>());
  }

  void an_interrupted_thread_is_started_and_joined() {
    int runs = 0;
    auto thread = repeated<&Operations::thread_start>([&] { return os::spawn("once", [&runs] { ++runs; }); });
    Fault_Table faults;
    faults.fail<&Operations::thread_join>(std::errc::interrupted, interruptions);
    thread->join();
    CPPUNIT_ASSERT_EQUAL(1, runs);
  }

  void an_interrupted_signal_is_read() {
    auto source = repeated<&Operations::signal_open>([] { return os::Signal_Source::open({os::Signal::terminate}); });
    std::raise(SIGTERM);
    const auto signal = repeated<&Operations::signal_read>([&] { return source->next(); });
    CPPUNIT_ASSERT(*signal == os::Signal::terminate);
  }

  void interrupted_entropy_and_limits_are_repeated() {
    std::array<std::byte, 16> key;
    repeated<&Operations::entropy>([&] { return os::fill_entropy(key); });
    repeated<&Operations::raise_descriptor_limit>([] { return os::raise_descriptor_limit(); });
  }

  void an_interrupted_change_of_interest_is_repeated() {
    const auto [near, far] = value_of(os::socket_pair());
    const os::Handle handle = near.get();
    auto epoll = repeated<&Operations::epoll_open>([] { return os::open_demultiplexer("epoll"); });
    repeated<&Operations::epoll_control>([&] { return (*epoll)->add(handle, os::Interest::input, 1); });
    repeated<&Operations::epoll_control>([&] { return (*epoll)->modify(handle, os::Interest::both, 1); });
    repeated<&Operations::epoll_control>([&] { return (*epoll)->remove(handle); });
    auto poll = value_of(os::open_demultiplexer("poll"));
    repeated<&Operations::is_regular_file>([&] { return poll->add(handle, os::Interest::input, 1); });
  }

  void an_interrupted_ring_is_made() {
    if (io_uring_allowed()) repeated<&Operations::ring_open>([] { return os::open_demultiplexer("io_uring"); });
  }

  void an_interrupted_wait_has_no_events() {
    const auto [near, far] = value_of(os::socket_pair());
    for (const std::string_view name : mechanisms()) {
      auto demultiplexer = value_of(os::open_demultiplexer(name));
      expect_done(demultiplexer->add(near.get(), os::Interest::output, 1));
      Fault_Table faults;
      faults.fail<&Operations::epoll_wait>(std::errc::interrupted, 1);
      faults.fail<&Operations::ring_enter>(std::errc::interrupted, 1);
      faults.fail<&Operations::poll>(std::errc::interrupted, 1);
      faults.fail<&Operations::select>(std::errc::interrupted, 1);
      os::Ready ready[4];
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, value_of(demultiplexer->wait(ready, -1ns)));
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, value_of(demultiplexer->wait(ready, -1ns)));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Operations_Interrupt_Test);

}  // namespace
