// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Makes allocations of this thread by `new (std::nothrow)` fail, from the n-th on (0: the next), while it lives.
class Failing_New {
 public:
  explicit Failing_New(long from) noexcept;
  Failing_New(const Failing_New&) = delete;
  Failing_New& operator=(const Failing_New&) = delete;
  ~Failing_New();
};
