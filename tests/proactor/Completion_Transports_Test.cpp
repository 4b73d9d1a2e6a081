// SPDX-License-Identifier: Apache-2.0
#include <strata/proactor/Completion_Transports.h>

#include <array>

#include <cppunit/extensions/HelperMacros.h>
#include <strata/reactor/Reactor_Options.h>
#include <strata_test/Mechanisms.h>

namespace {

using strata::Completion_Transports;
using strata::Reactor;

/// Whose reactors may have them; tests/connection has what they do.
class Completion_Transports_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Completion_Transports_Test);
  CPPUNIT_TEST(a_reactor_without_a_completion_port_is_refused);
  CPPUNIT_TEST(the_connections_of_a_reactor_share_its_buffers);
  CPPUNIT_TEST(a_reactor_that_is_not_theirs_serves_on_readiness);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_reactor_without_a_completion_port_is_refused() {
    const auto reactor = opened("poll");
    const std::array homes{reactor.get()};
    const auto transports = Completion_Transports::open(homes);
    CPPUNIT_ASSERT(!transports && transports.error() == std::errc::not_supported);
  }

  void the_connections_of_a_reactor_share_its_buffers() {
    if (!strata_test::io_uring_allowed()) return;
    const auto one = opened("io_uring"), other = opened("io_uring");
    const std::array homes{one.get(), other.get()};
    const auto both = Completion_Transports::open(homes);
    CPPUNIT_ASSERT(both.has_value());
    CPPUNIT_ASSERT((*both)->shared_size() >= 2 * 1024 * 1024);
    const auto again = Completion_Transports::open(std::span{homes}.first(1));
    CPPUNIT_ASSERT_EQUAL((*both)->shared_size() / 2, (*again)->shared_size());
  }

  void a_reactor_that_is_not_theirs_serves_on_readiness() {
    if (!strata_test::io_uring_allowed()) return;
    const auto one = opened("io_uring"), other = opened("poll");
    const std::array homes{one.get()};
    const auto transports = Completion_Transports::open(homes);
    CPPUNIT_ASSERT(transports.has_value());
    CPPUNIT_ASSERT((*transports)->make(*other, {}) == &strata::readiness_transport());
  }

 private:
  static std::unique_ptr<Reactor> opened(const char* demultiplexer) {
    auto reactor = Reactor::open({.demultiplexer = demultiplexer});
    CPPUNIT_ASSERT(reactor.has_value());
    return std::move(*reactor);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Completion_Transports_Test);

}  // namespace
