// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace strata_test {

/// Counts the open descriptors of this process when it is made; `check()` fails the test when they are not as many, and
/// names the new ones. A fixture holds one in a std::optional: `emplace()` in setUp, `check()` last in tearDown
/// (CppUnit makes all fixtures before the first test runs, and a destructor must not throw).
class Descriptor_Guard {
 public:
  Descriptor_Guard();
  void check() const;

 private:
  std::vector<int> before_;
};

}  // namespace strata_test
