// SPDX-License-Identifier: Apache-2.0
#include <strata/daemon/Daemon.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/configurator/Linked_Kinds.h>
#include <strata/configurator/Service.h>
#include <strata/configurator/Service_Config.h>
#include <strata/configurator/Service_Object.h>
#include <strata/os/File.h>
#include <strata/os/Operations.h>
#include <strata/os/Process.h>
#include <strata/os/Stack.h>
#include <strata/os/Thread.h>
#include <strata/reactor/Reactor.h>

using namespace strata;

namespace {

int prepared = 0;

/// Fails where its option says; ends in the next turn.
class Fragile final : public Service_Object {
 public:
  void configure(const Service_Config& config, Config_Errors&) override { name_ = config.name; }
  Outcome<> prepare(const Service_Context& context) override {
    ++prepared;
    home_ = &context.home;
    return failing_at("prepare");
  }
  Outcome<> start() override { return failing_at("start"); }
  void stop(Duration, Callback stopped) override { ending_ = home_->schedule({}, std::move(stopped)); }

 private:
  Outcome<> failing_at(std::string_view hook) const {
    if (name_ != hook) return {};
    return fail(std::make_error_code(std::errc::address_in_use), name_);
  }
  std::string name_;
  Reactor* home_ = nullptr;
  Timer ending_;
};

STRATA_SERVICE(Fragile, "fragile")
const std::string echo = "  - { name: l, kind: echo, listen: 'tcp://127.0.0.1:0' }\n";

std::string model(const std::string& keys, const std::string& more = "") {
  return "daemon: { " + more + "concurrency: { model: " + keys + " } }\n";
}

/// The loop's waiting fails from the start.
os::Operations broken_loop() {
  os::Operations table = os::native_operations();
  table.poll = [](pollfd*, std::size_t, Duration) -> os::Raw { return -static_cast<int>(std::errc::io_error); };
  return table;
}

/// The second of several threads does not start.
os::Operations few_threads() {
  os::Operations table = os::native_operations();
  table.thread_start = [](const os::Thread_Start& start) -> os::Raw {
    if (std::string_view{start.name}.ends_with("/2")) {
      return -static_cast<int>(std::errc::resource_unavailable_try_again);
    }
    return os::native_operations().thread_start(start);
  };
  return table;
}

}  // namespace

/// What a process of its own shows better, signals and lines, is in tests/stratad.
class Daemon_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Daemon_Test);
  CPPUNIT_TEST(a_check_prepares_nothing);
  CPPUNIT_TEST(a_mistake_in_the_file_is_a_matter_of_configuration);
  CPPUNIT_TEST(a_missing_file_is_a_matter_of_configuration);
  CPPUNIT_TEST(a_service_that_cannot_be_prepared_is_unavailable);
  CPPUNIT_TEST(a_service_that_cannot_start_is_unavailable);
  CPPUNIT_TEST(a_log_file_that_cannot_be_opened_is_a_matter_of_configuration);
  CPPUNIT_TEST(a_loop_that_fails_is_an_internal_error);
  CPPUNIT_TEST(it_outlives_one_loop_of_two_and_ends_with_the_other);
  CPPUNIT_TEST(a_thread_that_does_not_start_is_an_internal_error_in_each_model);
  CPPUNIT_TEST(a_loop_that_fails_after_a_service_did_is_an_internal_error);
  CPPUNIT_TEST_SUITE_END();

  const std::string path_ = "/tmp/strata-daemon-test-" + std::to_string(os::process_id()) + ".yaml";
  const Daemon daemon_{linked_kinds()};

 public:
  void setUp() override { prepared = 0; }
  void tearDown() override { static_cast<void>(os::remove_file(path_)); }

 private:
  std::string file(const std::string& service_name, const std::string& rest = "") const {
    const std::string text =
        "strata: 1\nservices:\n  - { name: a, kind: fragile }\n"
        "  - { name: " +
        service_name + ", kind: fragile }\n" + rest;
    os::File out = os::File::open(path_, os::Open_Mode::write).value();
    CPPUNIT_ASSERT(out.write_all(as_bytes(text)));
    return path_;
  }

  static void expect(Exit_Code wanted, Exit_Code got) {
    CPPUNIT_ASSERT_EQUAL(static_cast<int>(wanted), static_cast<int>(got));
  }

  void a_check_prepares_nothing() {
    expect(Exit_Code::success, daemon_.check({file("prepare")}));
    CPPUNIT_ASSERT_EQUAL(0, prepared);
  }

  void a_mistake_in_the_file_is_a_matter_of_configuration() {
    expect(Exit_Code::configuration, daemon_.check({file("a")}));
    expect(Exit_Code::configuration, daemon_.run({file("a")}));
    CPPUNIT_ASSERT_EQUAL(0, prepared);
  }

  void a_missing_file_is_a_matter_of_configuration() {
    expect(Exit_Code::configuration, daemon_.check({path_}));
    expect(Exit_Code::configuration, daemon_.run({path_}));
  }

  void a_service_that_cannot_be_prepared_is_unavailable() {
    expect(Exit_Code::unavailable, daemon_.run({file("prepare")}));
  }

  void a_service_that_cannot_start_is_unavailable() { expect(Exit_Code::unavailable, daemon_.run({file("start")})); }

  void a_log_file_that_cannot_be_opened_is_a_matter_of_configuration() {
    expect(Exit_Code::configuration, daemon_.run({file("b", "logging: { file: /nowhere/at/all.log }\n")}));
  }

  void a_loop_that_fails_is_an_internal_error() {
    const os::Operations broken = broken_loop();
    const os::Operations_Scope scope{broken};
    expect(Exit_Code::internal, daemon_.run({file("b", "daemon: { demultiplexer: poll }\n")}));
  }

  /// The second loop fails when the main one has turned some times since the first did.
  void it_outlives_one_loop_of_two_and_ends_with_the_other() {
    static std::atomic<std::uint64_t> home, first;  // threads
    static std::atomic<int> turns, failures;
    home = os::current_thread();
    first = 0;
    turns = failures = 0;
    os::Operations table = os::native_operations();
    table.epoll_wait = [](os::Handle epoll, epoll_event* events, int capacity, Duration timeout) -> os::Raw {
      constexpr Duration moment = std::chrono::milliseconds{1};
      const std::uint64_t me = os::current_thread();
      std::uint64_t none = 0;
      if (me == home) {
        turns += first != 0 ? 1 : 0;
      } else if (first.compare_exchange_strong(none, me) || turns >= 20) {
        ++failures;
        return -static_cast<os::Raw>(std::errc::io_error);
      }
      const Duration wait = timeout < Duration::zero() ? moment : std::min(timeout, moment);
      return os::native_operations().epoll_wait(epoll, events, capacity, wait);
    };
    const os::Operations_Scope scope{table};
    const std::string two = "daemon: { demultiplexer: epoll, concurrency: { model: multi-reactor, reactors: 2 } }\n";
    expect(Exit_Code::internal, daemon_.run({file("b", two + "logging: { level: off }\n")}));
    CPPUNIT_ASSERT_EQUAL(2, failures.load());
  }

  void a_thread_that_does_not_start_is_an_internal_error_in_each_model() {
    const os::Operations few = few_threads();
    const os::Operations_Scope scope{few};
    for (const char* keys : {"multi-reactor, reactors: 2", "multi-reactor, reactors: 2, accept: reuseport",
                             "multi-reactor, reactors: 1, workers: 2", "leader-followers, threads: 3",
                             "worker-pool, workers: 2"}) {
      expect(Exit_Code::internal, daemon_.run({file("b", echo + model(keys))}));
    }
  }

  void a_loop_that_fails_after_a_service_did_is_an_internal_error() {
    const os::Operations broken = broken_loop();
    const os::Operations_Scope scope{broken};
    const std::string failing = "  - { name: start, kind: fragile }\n";
    const std::string waiting = model("multi-reactor, accept: reuseport", "demultiplexer: poll, ");
    expect(Exit_Code::internal, daemon_.run({file("b", echo + failing + waiting)}));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Daemon_Test);
