// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <strata/os/Clock.h>
#include <strata/os/Operations.h>

namespace strata_test {

/// A clock that only tests move, over the real demultiplexers: while it lives, a wait that finds nothing ready returns
/// at once and moves the clock by its timeout, so timers fire and nobody sleeps. A wait without timeout really blocks
/// (for posts of real threads); after `patience` it fails with resource_deadlock_would_occur and says so on stderr.
/// One at a time; lies over the table in force when it is made. @threads any may read the clock
class Virtual_Time {
 public:
  static constexpr std::chrono::seconds patience{10};

  Virtual_Time();
  ~Virtual_Time();
  Virtual_Time(const Virtual_Time&) = delete;
  Virtual_Time& operator=(const Virtual_Time&) = delete;

  void advance(strata::Duration) noexcept;
  strata::Time_Point now() const noexcept;

 private:
  strata::os::Operations table_;
  strata::os::Operations_Scope scope_;
};

}  // namespace strata_test
