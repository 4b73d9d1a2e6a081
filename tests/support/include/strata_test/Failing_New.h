// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace strata_test {

/// While it lives, `new (std::nothrow)` of this thread finds memory `times` times, and then none.
class Failing_New {
 public:
  explicit Failing_New(long times = 0) noexcept;
  Failing_New(const Failing_New&) = delete;
  Failing_New& operator=(const Failing_New&) = delete;
  ~Failing_New();
};

}  // namespace strata_test
