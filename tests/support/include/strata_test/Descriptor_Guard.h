// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace strata_test {

/// Fails the test when the process has other than as many descriptors open at the end of the guard's scope as at its
/// beginning, and names the new ones. A fixture holds one in a std::optional: `emplace()` in setUp, `check()` in
/// tearDown (CppUnit makes all its fixtures before the first test runs).
class Descriptor_Guard {
 public:
  Descriptor_Guard();
  Descriptor_Guard(const Descriptor_Guard&) = delete;
  Descriptor_Guard& operator=(const Descriptor_Guard&) = delete;
  ~Descriptor_Guard() noexcept(false);  ///< check(), unless an exception is on its way already

  void check();  ///< once; then the guard is spent

 private:
  std::vector<int> before_;
  int exceptions_;
  bool armed_ = true;
};

}  // namespace strata_test
