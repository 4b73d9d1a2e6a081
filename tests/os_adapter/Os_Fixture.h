// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <ios>
#include <optional>
#include <string>
#include <system_error>

#include <cppunit/extensions/HelperMacros.h>

#include <strata/os/Handle.h>
#include <strata/os/Result.h>
#include <strata_test/Descriptor_Guard.h>

namespace strata_test {

/// What all fixtures of this folder share: no test leaves a descriptor behind, and results are unpacked with a reason.
class Os_Fixture : public CppUnit::TestFixture {
 public:
  void setUp() override { guard_.emplace(); }
  void tearDown() override { guard_->check(); }

 private:
  std::optional<Descriptor_Guard> guard_;
};

/// The value, or a failed test that says why there is none.
template <class T>
T value_of(strata::Result<T> result) {
  CPPUNIT_ASSERT_MESSAGE(result ? "" : result.error().message(), result.has_value());
  return std::move(*result);
}
inline void expect_done(const strata::Result<>& result) {
  CPPUNIT_ASSERT_MESSAGE(result ? "" : result.error().message(), result.has_value());
}

template <class T>
void expect_error(std::errc expected, const strata::Result<T>& result) {
  CPPUNIT_ASSERT_MESSAGE("no error, but " + std::make_error_code(expected).message() + " expected", !result);
  CPPUNIT_ASSERT_EQUAL(std::make_error_code(expected).message(), result.error().message());
  CPPUNIT_ASSERT(result.error() == expected);
}

/// The status flags of an open descriptor, as open(2) has them. Source: proc_pid_fdinfo(5).
inline int flags_of(strata::os::Handle handle) {
  std::ifstream info{"/proc/self/fdinfo/" + std::to_string(handle.value())};
  for (std::string word; info >> word;) {
    int flags = 0;
    if (word == "flags:" && info >> std::oct >> flags) return flags;
  }
  CPPUNIT_FAIL("no such descriptor");
  return 0;
}
inline bool closes_on_exec(strata::os::Handle handle) { return (flags_of(handle) & 02000000) != 0; }
inline bool is_non_blocking(strata::os::Handle handle) { return (flags_of(handle) & 04000) != 0; }

}  // namespace strata_test
