// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <strata/os/Clock.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

struct Back_Off_Options {
  Duration first = std::chrono::milliseconds{100};
  Duration most = std::chrono::seconds{30};
};

/// How long to wait before trying again: doubles from `first` to `most`, each time a random part between half and all
/// of it, so that many who failed together do not come back together. A value. @threads loop
class Back_Off {
 public:
  explicit Back_Off(Back_Off_Options options = {}) noexcept : options_(options) {}
  Duration next() noexcept;
  void succeeded() noexcept { bound_ = {}; }

 private:
  Back_Off_Options options_;
  Duration bound_{};
};

}  // namespace v1
}  // namespace strata
