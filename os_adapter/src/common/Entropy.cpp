// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Entropy.h>

#include <span>

#include "common/Seam.h"

namespace strata::inline v1::os {
namespace {

/// Spreads nearby inputs over 64 bits. Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators".
std::uint64_t mixed(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

}  // namespace

Result<> fill_entropy(Bytes out) {
  while (!out.empty()) {
    const Raw raw = retry(table().entropy, out.data(), out.size());
    if (raw < 0) return failure(raw);
    out = out.subspan(static_cast<std::size_t>(raw));
  }
  return {};
}

std::uint64_t random_seed() noexcept {
  std::uint64_t seed = 0;
  if (fill_entropy(std::as_writable_bytes(std::span{&seed, 1}))) return seed;
  const Operations& os = table();
  return mixed(mixed(static_cast<std::uint64_t>(os.wall_ns())) ^ static_cast<std::uint64_t>(os.monotonic_ns()) ^
               static_cast<std::uint64_t>(os.process_id()));
}

}  // namespace strata::inline v1::os
