// SPDX-License-Identifier: Apache-2.0
// The queue and log thread behind Log_System.

#include <memory>
#include <optional>
#include <set>

#include <cppunit/extensions/HelperMacros.h>

#include <strata/logging/Log_System.h>
#include <strata/os/Operations.h>
#include <strata/os/Thread.h>
#include <strata_test/Scale.h>

#include "Memory_Sink.h"

namespace {

using namespace strata;
using namespace std::chrono_literals;

constexpr std::size_t roomy = 1024 * 1024;
constexpr std::size_t tight = 64 * 1024;
constexpr Duration ample = 60s;  // of a sanitizer on a busy machine; no test waits for it to pass
const std::error_code disk_full = std::make_error_code(std::errc::no_space_on_device);

struct Address {
  std::string to_text() const { return "10.0.0.1:80"; }
};
struct Throwing_Text {
  std::string to_text() const { throw 1; }
};

os::Raw no_threads(const os::Thread_Start&) { return -static_cast<os::Raw>(std::errc::resource_unavailable_try_again); }

class Log_Queue_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Log_Queue_Test);
  CPPUNIT_TEST(lines_arrive_in_order_and_whole);
  CPPUNIT_TEST(every_sort_of_value_survives_the_queue);
  CPPUNIT_TEST(lines_before_during_and_after_the_log_thread_arrive);
  CPPUNIT_TEST(the_log_thread_can_be_started_again);
  CPPUNIT_TEST(while_it_runs_neither_start_nor_another_sink_is_accepted);
  CPPUNIT_TEST(without_a_thread_lines_are_written_directly);
  CPPUNIT_TEST(a_full_queue_drops_and_tells_how_many);
  CPPUNIT_TEST(a_line_larger_than_the_queue_is_dropped);
  CPPUNIT_TEST(a_failing_sink_loses_lines_and_tells_when_it_is_back);
  CPPUNIT_TEST(a_failing_sink_is_told_of_without_a_thread_as_well);
  CPPUNIT_TEST(an_object_that_throws_while_it_renders_costs_its_line_alone);
  CPPUNIT_TEST(flush_gives_up_at_its_deadline_while_the_sink_blocks);
  CPPUNIT_TEST(stop_gives_up_while_the_sink_blocks_and_later_lines_are_dropped);
  CPPUNIT_TEST(a_sink_that_wakes_after_stop_gave_up_gets_what_was_queued);
  CPPUNIT_TEST(the_end_writes_what_is_queued);
  CPPUNIT_TEST(reopen_reaches_the_sink_with_and_without_the_thread);
  CPPUNIT_TEST(a_failed_reopen_is_a_line);
  CPPUNIT_TEST(many_producers_lose_no_line_uncounted);
  CPPUNIT_TEST(producers_survive_stop_and_start_between_their_lines);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    control_ = std::make_shared<Sink_Control>();
    system_.emplace(std::make_unique<Memory_Sink>(control_));
    log_.emplace(system_->logger("q"));
  }
  void tearDown() override {
    control_->release();
    system_.reset();
  }

  void lines_arrive_in_order_and_whole() {
    start(roomy);
    log_->info("one", "n", 1);
    log_->error("two", "text", "a b");
    log_->info("three");
    flush();
    expect_lines({"INFO  [q] one n=1", "ERROR [q] two text=\"a b\"", "INFO  [q] three"});
  }
  void every_sort_of_value_survives_the_queue() {
    const Log_Context context{"echo", 7, Log_Value(Address{})};
    const auto write = [&] {
      log_->with(context).info("all", "b", true, "i", -1, "n", 1U, "r", 1.5, "d", 250ms, "e", disk_full, "a", Address{},
                               "t", std::string(5000, '\n'), "0", Log_Value{}, "empty", "");
    };
    write();
    start(roomy);
    write();
    flush();
    const std::vector<std::string> lines = control_->lines();
    CPPUNIT_ASSERT_EQUAL(lines.at(0), lines.at(1));
    CPPUNIT_ASSERT(lines.at(0).size() > 2 * Log_Record::max_text);
  }
  void lines_before_during_and_after_the_log_thread_arrive() {
    log_->info("before");
    start(roomy);
    log_->info("during");
    stop();
    log_->info("after");
    expect_lines({"INFO  [q] before", "INFO  [q] during", "INFO  [q] after"});
    expect_statistics(3, 3, 0);
  }
  void the_log_thread_can_be_started_again() {
    for (int i = 0; i < 3; ++i) {
      start(roomy);
      log_->info("line", "i", i);
      stop();
    }
    expect_lines({"INFO  [q] line i=0", "INFO  [q] line i=1", "INFO  [q] line i=2"});
  }
  void while_it_runs_neither_start_nor_another_sink_is_accepted() {
    start(roomy);
    CPPUNIT_ASSERT(system_->start(roomy).error().code == std::errc::device_or_resource_busy);
    CPPUNIT_ASSERT(system_->set_sink(std::make_unique<Memory_Sink>(control_)).error().code ==
                   std::errc::device_or_resource_busy);
  }
  void without_a_thread_lines_are_written_directly() {
    os::Operations table = os::native_operations();
    table.thread_start = &no_threads;
    const os::Operations_Scope scope{table};
    CPPUNIT_ASSERT(system_->start(roomy).error().code == std::errc::resource_unavailable_try_again);
    log_->info("line");
    expect_lines({"INFO  [q] line"});
  }
  void a_full_queue_drops_and_tells_how_many() {
    block_the_sink();
    while (system_->statistics().dropped < 3) log_->info("filler", "text", std::string(1000, 'x'));
    control_->release();
    stop();
    const Log_Statistics statistics = system_->statistics();
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, statistics.dropped);
    CPPUNIT_ASSERT_EQUAL(statistics.in, statistics.out + statistics.dropped);
    CPPUNIT_ASSERT_EQUAL(std::string{"WARN  [logging] lines dropped count=3"}, control_->lines().back());
    CPPUNIT_ASSERT_EQUAL(statistics.out + 1, std::uint64_t{control_->lines().size()});
  }
  void a_line_larger_than_the_queue_is_dropped() {
    start(100);
    log_->info("large", "text", std::string(1000, 'x'));
    log_->info("small");
    stop();
    expect_statistics(2, 1, 1);
    CPPUNIT_ASSERT_EQUAL(std::string{"INFO  [q] small"}, control_->lines().at(0));
  }
  void a_failing_sink_loses_lines_and_tells_when_it_is_back() {
    start(roomy);
    control_->fail_with(disk_full);
    log_->info("lost");
    log_->info("lost");
    flush();
    control_->fail_with({});
    log_->info("kept");
    stop();
    expect_lines({"INFO  [q] kept", "WARN  [logging] lines dropped count=2"});
    expect_statistics(3, 1, 2);
  }
  void a_failing_sink_is_told_of_without_a_thread_as_well() {
    control_->fail_with(disk_full);
    log_->info("lost");
    control_->fail_with({});
    log_->info("kept");
    log_->info("kept");
    expect_lines({"INFO  [q] kept", "WARN  [logging] lines dropped count=1", "INFO  [q] kept"});
    expect_statistics(3, 2, 1);
  }
  void an_object_that_throws_while_it_renders_costs_its_line_alone() {
    start(roomy);
    log_->info("lost", "value", Throwing_Text{});
    log_->info("kept");
    stop();
    expect_statistics(2, 1, 1);
    CPPUNIT_ASSERT_EQUAL(std::string{"INFO  [q] kept"}, control_->lines().at(0));
  }
  void flush_gives_up_at_its_deadline_while_the_sink_blocks() {
    block_the_sink();
    CPPUNIT_ASSERT(!system_->flush(0s));
    control_->release();
    flush();
  }
  void stop_gives_up_while_the_sink_blocks_and_later_lines_are_dropped() {
    block_the_sink();
    CPPUNIT_ASSERT(!system_->stop(0s));
    log_->info("too late");
    expect_statistics(2, 0, 1);
    CPPUNIT_ASSERT(system_->start(roomy).error().code == std::errc::device_or_resource_busy);
  }
  void a_sink_that_wakes_after_stop_gave_up_gets_what_was_queued() {
    block_the_sink();
    log_->info("queued");
    CPPUNIT_ASSERT(!system_->stop(0s));
    log_->info("dropped");
    control_->release();
    stop();
    log_->info("again");
    expect_lines({"INFO  [q] blocks", "INFO  [q] queued", "WARN  [logging] lines dropped count=1", "INFO  [q] again"});
    expect_statistics(4, 3, 1);
  }
  void the_end_writes_what_is_queued() {
    block_the_sink();
    log_->info("last");
    control_->release();
    system_.reset();
    expect_lines({"INFO  [q] blocks", "INFO  [q] last"});
  }
  void reopen_reaches_the_sink_with_and_without_the_thread() {
    system_->reopen();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, control_->reopened());
    start(roomy);
    system_->reopen();
    stop();
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, control_->reopened());
  }
  void a_failed_reopen_is_a_line() {
    auto sink = std::make_unique<Broken_Reopen>(control_);
    CPPUNIT_ASSERT(system_->set_sink(std::move(sink)).has_value());
    system_->reopen();
    CPPUNIT_ASSERT_EQUAL("ERROR [logging] the log file cannot be opened anew error=\"" + disk_full.message() + '"',
                         control_->lines().at(0));
  }
  void many_producers_lose_no_line_uncounted() {
    start(tight);
    produce(4, strata_test::count(1'000'000));
    stop();
    const Log_Statistics statistics = system_->statistics();
    CPPUNIT_ASSERT_EQUAL(4 * strata_test::count(1'000'000), statistics.in);
    CPPUNIT_ASSERT_EQUAL(statistics.in, statistics.out + statistics.dropped);
    expect_each_once_and_in_order(statistics.out);
  }
  void producers_survive_stop_and_start_between_their_lines() {
    auto other = os::spawn("other", [this] { produce(1, strata_test::count(1'000'000)); });
    CPPUNIT_ASSERT(other.has_value());
    for (int i = 0; i < 50; ++i) {
      start(roomy);
      stop();
    }
    other->join();
    const Log_Statistics statistics = system_->statistics();
    CPPUNIT_ASSERT_EQUAL(statistics.in, statistics.out + statistics.dropped);
    expect_each_once_and_in_order(statistics.out);
  }

 private:
  class Broken_Reopen final : public Log_Sink {
   public:
    explicit Broken_Reopen(std::shared_ptr<Sink_Control> control) : memory_(std::move(control)) {}
    Result<> write(const Log_Record& record) override { return memory_.write(record); }
    Result<> reopen() override { return fail(disk_full); }

   private:
    Memory_Sink memory_;
  };

  void start(std::size_t bytes) { CPPUNIT_ASSERT(system_->start(bytes).has_value()); }
  void stop() { CPPUNIT_ASSERT(system_->stop(ample)); }
  void flush() { CPPUNIT_ASSERT(system_->flush(ample)); }
  void block_the_sink() {
    control_->block();
    start(tight);
    log_->info("blocks");
    control_->wait_until_a_write_blocks();
  }
  void produce(int threads, std::uint64_t lines) {
    std::vector<os::Thread> producers;
    for (int t = 0; t < threads; ++t) {
      auto thread = os::spawn("producer", [this, t, lines] {
        for (std::uint64_t i = 0; i < lines; ++i) log_->info("line", "i", i, "thread", t);
      });
      producers.push_back(std::move(thread.value()));
    }
  }
  /// The producers' lines: of each thread in its order, none twice, `count` in all.
  void expect_each_once_and_in_order(std::uint64_t count) {
    std::map<std::string, std::uint64_t> next;
    std::uint64_t seen = 0;
    for (const std::string& line : control_->lines()) {
      if (!line.starts_with("INFO  [q] line i=")) continue;
      const std::uint64_t i = std::stoull(line.substr(sizeof "INFO  [q] line i=" - 1));
      std::uint64_t& least = next[line.substr(line.find("thread="))];
      CPPUNIT_ASSERT(i >= least);
      least = i + 1;
      ++seen;
    }
    CPPUNIT_ASSERT_EQUAL(count, seen);
  }
  void expect_lines(const std::vector<std::string>& expected) { CPPUNIT_ASSERT(expected == control_->lines()); }
  void expect_statistics(std::uint64_t in, std::uint64_t out, std::uint64_t dropped) {
    const Log_Statistics statistics = system_->statistics();
    CPPUNIT_ASSERT_EQUAL(in, statistics.in);
    CPPUNIT_ASSERT_EQUAL(out, statistics.out);
    CPPUNIT_ASSERT_EQUAL(dropped, statistics.dropped);
  }

  std::shared_ptr<Sink_Control> control_;
  std::optional<Log_System> system_;
  std::optional<Logger> log_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(Log_Queue_Test);

}  // namespace
