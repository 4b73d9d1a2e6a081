// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <strata/os/Operations.h>

namespace strata_test {

/// Which Linux a ring is as on; `newest`: the one that this is.
enum class Kernel : std::uint8_t {
  newest,
  before_6_17,  ///< no multishot receive has a limit
  before_6_1,   ///< nor is a ring for one thread alone
};

/// While it lives, the kernel refuses what an older one does not know, over the table in force when it is made. One at
/// a time. @threads any may call
class Old_Ring {
 public:
  explicit Old_Ring(Kernel kernel);

  static std::uint64_t refusals();  ///< of receives, in this process

 private:
  strata::os::Operations table_;
  strata::os::Operations_Scope scope_;
};

}  // namespace strata_test
