// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <strata/os/Clock.h>

/// The seconds since 1900 as 32 bits, most significant first (RFC 868). They wrap in 2036.
inline std::array<std::byte, 4> time_answer() {
  constexpr std::int64_t from_1900_to_1970 = 2'208'988'800;
  const std::int64_t seconds = strata::os::wall_clock_ns() / 1'000'000'000 + from_1900_to_1970;
  std::array<std::byte, 4> answer;
  for (unsigned i = 0; i < 4; ++i) answer[i] = static_cast<std::byte>(seconds >> (24 - 8 * i));
  return answer;
}
