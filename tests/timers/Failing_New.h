// SPDX-License-Identifier: Apache-2.0
#pragma once

/// While it lives, `new (std::nothrow)` of this thread finds no memory.
class Failing_New {
 public:
  Failing_New() noexcept;
  Failing_New(const Failing_New&) = delete;
  Failing_New& operator=(const Failing_New&) = delete;
  ~Failing_New();
};
