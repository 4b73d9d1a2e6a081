// SPDX-License-Identifier: Apache-2.0
#include <strata/connection/Accept_Error.h>

#include <cppunit/extensions/HelperMacros.h>

namespace {

using strata::Accept_Error;

class Accept_Error_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Accept_Error_Test);
  CPPUNIT_TEST(each_error_is_about_one_of_three);
  CPPUNIT_TEST_SUITE_END();

 public:
  void each_error_is_about_one_of_three() {
    for (const auto e : {std::errc::too_many_files_open, std::errc::too_many_files_open_in_system,
                         std::errc::no_buffer_space, std::errc::not_enough_memory}) {
      CPPUNIT_ASSERT(strata::classify_accept(std::make_error_code(e)) == Accept_Error::of_resources);
    }
    for (const auto e : {std::errc::bad_file_descriptor, std::errc::invalid_argument, std::errc::not_a_socket,
                         std::errc::operation_not_supported}) {
      CPPUNIT_ASSERT(strata::classify_accept(std::make_error_code(e)) == Accept_Error::of_listener);
    }
    for (const auto e : {std::errc::connection_aborted, std::errc::protocol_error, std::errc::operation_not_permitted,
                         std::errc::network_down}) {
      CPPUNIT_ASSERT(strata::classify_accept(std::make_error_code(e)) == Accept_Error::of_one);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Accept_Error_Test);

}  // namespace
