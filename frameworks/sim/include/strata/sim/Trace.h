// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string_view>

#include <strata/os/Clock.h>

namespace strata::inline v1::sim {

/// What a simulated run did: a hash over every call through the seam with its result and time, and the last calls to
/// read. Two runs of one seed have equal hashes, or something outside of the seed had a say.
class Trace {
 public:
  struct Line {
    Duration at{};           ///< since the start of the run
    std::string_view call;   ///< a literal
    std::int64_t subject{};  ///< most often a descriptor
    std::int64_t detail{};
    std::int64_t result{};   ///< < 0: an errno negated
  };
  static constexpr std::size_t kept = 256;

  void add(const Line&);
  void mix(std::uint64_t value) noexcept;  ///< into the hash alone
  std::uint64_t hash() const noexcept { return hash_; }
  std::uint64_t size() const noexcept { return count_; }
  void print(std::ostream&) const;                          ///< the last `kept` lines
  void print_live(std::ostream* to) noexcept { live_ = to; }  ///< each line as it comes; null: none

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325U;  // FNV-1a's offset basis
  std::uint64_t count_ = 0;
  std::ostream* live_ = nullptr;
  std::array<Line, kept> last_{};
};

}  // namespace strata::inline v1::sim
