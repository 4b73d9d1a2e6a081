// SPDX-License-Identifier: Apache-2.0
#include <strata/reactor/Reactor_Options.h>

#include <memory>
#include <string>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/logging/Log_Format.h>
#include <strata/logging/Log_Sink.h>
#include <strata/logging/Log_System.h>
#include <strata/os/Operations.h>
#include <strata/reactor/Reactor.h>
#include <strata_test/Mechanisms.h>

namespace {

namespace os = strata::os;
using namespace strata_test;
using strata::Reactor;
using strata::Result;

class Line_Sink final : public strata::Log_Sink {
 public:
  explicit Line_Sink(std::vector<std::string>& lines) : lines_(lines) {}
  Result<> write(const strata::Log_Record& record) override {
    std::string line;
    strata::format_line(strata::Log_Format::classic, record, line);
    lines_.push_back(line);
    return {};
  }

 private:
  std::vector<std::string>& lines_;
};

/// Which mechanism a reactor has, and what it says where that is not the one that was asked for (faults.md, 21).
class Reactor_Mechanism_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Reactor_Mechanism_Test);
  CPPUNIT_TEST(a_mechanism_asked_for_by_name_is_taken_without_a_word);
  CPPUNIT_TEST(io_uring_is_taken_where_the_kernel_allows_it_and_else_auto);
  CPPUNIT_TEST(a_ring_that_is_refused_is_replaced_and_said_once);
  CPPUNIT_TEST(a_ring_that_cannot_be_entered_is_replaced_and_said_once);
  CPPUNIT_TEST(descriptors_that_are_used_up_are_no_refusal);
  CPPUNIT_TEST(another_name_is_never_replaced);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    CPPUNIT_ASSERT(log().set_sink(std::make_unique<Line_Sink>(lines_)).has_value());
    log().set_level("", strata::Log_Level::info);
  }
  void tearDown() override { log().set_level("", strata::Log_Level::off); }

  void a_mechanism_asked_for_by_name_is_taken_without_a_word() {
    for (const std::string_view name : mechanisms()) {
      CPPUNIT_ASSERT_EQUAL(std::string{name}, opened(std::string{name}));
    }
    CPPUNIT_ASSERT(lines_.empty());
  }

  void io_uring_is_taken_where_the_kernel_allows_it_and_else_auto() {
    CPPUNIT_ASSERT_EQUAL(std::string{io_uring_allowed() ? "io_uring" : "epoll"}, opened("io_uring"));
    CPPUNIT_ASSERT_EQUAL(io_uring_allowed() ? std::size_t{0} : std::size_t{1}, lines_.size());
  }

  void a_ring_that_is_refused_is_replaced_and_said_once() {
    for (const auto why : {std::errc::function_not_supported, std::errc::operation_not_permitted,
                           std::errc::permission_denied, std::errc::not_enough_memory}) {
      lines_.clear();
      error = why;
      os::Operations table = os::native_operations();
      table.ring_open = [](io_uring*, unsigned, unsigned, bool) { return -static_cast<os::Raw>(error); };
      const os::Operations_Scope scope{table};
      CPPUNIT_ASSERT_EQUAL(std::string{"epoll"}, opened("io_uring"));
      expect_one_line(why);
    }
  }

  void a_ring_that_cannot_be_entered_is_replaced_and_said_once() {
    if (!io_uring_allowed()) return;  // it cannot even be had
    error = std::errc::operation_not_permitted;
    os::Operations table = os::native_operations();
    table.ring_enter = [](io_uring*, unsigned, strata::Duration) { return -static_cast<os::Raw>(error); };
    const os::Operations_Scope scope{table};
    CPPUNIT_ASSERT_EQUAL(std::string{"epoll"}, opened("io_uring"));
    expect_one_line(error);
  }

  void descriptors_that_are_used_up_are_no_refusal() {
    os::Operations table = os::native_operations();
    error = std::errc::too_many_files_open;
    table.ring_open = [](io_uring*, unsigned, unsigned, bool) { return -static_cast<os::Raw>(error); };
    const os::Operations_Scope scope{table};
    const auto reactor = Reactor::open({.demultiplexer = "io_uring"});
    CPPUNIT_ASSERT(!reactor && reactor.error() == std::errc::too_many_files_open);
    CPPUNIT_ASSERT(lines_.empty());
  }

  void another_name_is_never_replaced() {
    const auto foreign = Reactor::open({.demultiplexer = "kqueue"});
    CPPUNIT_ASSERT(!foreign && foreign.error() == std::errc::not_supported);
    os::Operations table = os::native_operations();
    table.epoll_open = [] { return -static_cast<os::Raw>(std::errc::operation_not_permitted); };
    const os::Operations_Scope scope{table};
    const auto refused = Reactor::open({.demultiplexer = "epoll"});
    CPPUNIT_ASSERT(!refused && refused.error() == std::errc::operation_not_permitted);
  }

 private:
  static strata::Log_System& log() { return strata::Log_System::process(); }

  static std::string opened(const std::string& name) {
    const auto reactor = Reactor::open({.demultiplexer = name});
    CPPUNIT_ASSERT_MESSAGE(reactor ? "" : reactor.error().message(), reactor.has_value());
    return (*reactor)->demultiplexer();
  }

  void expect_one_line(std::errc why) const {
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines_.size());
    for (const std::string& part : {std::string{"io_uring cannot be used here"}, std::string{"instead=epoll"},
                                    std::make_error_code(why).message()}) {
      CPPUNIT_ASSERT_MESSAGE(lines_[0], lines_[0].find(part) != std::string::npos);
    }
  }

  static inline std::errc error{};
  std::vector<std::string> lines_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(Reactor_Mechanism_Test);

}  // namespace
