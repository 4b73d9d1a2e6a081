// SPDX-License-Identifier: Apache-2.0
#include <strata/sim/Trace.h>

#include <algorithm>
#include <bit>
#include <iomanip>
#include <ostream>
#include <system_error>

namespace strata::inline v1::sim {
namespace {

std::ostream& operator<<(std::ostream& out, const Trace::Line& line) {
  out << std::setw(14) << line.at.count() << " ns  ";
  out << line.call << '(' << line.subject << ", " << line.detail << ") = ";
  if (line.result >= 0) return out << line.result << '\n';
  return out << std::generic_category().message(static_cast<int>(-line.result)) << '\n';
}

}  // namespace

// FNV-1a over words instead of bytes; the rotation carries high bits back down, which a byte-wise FNV need not do.
void Trace::mix(std::uint64_t value) noexcept { hash_ = std::rotl((hash_ ^ value) * 0x100000001b3U, 29); }

void Trace::add(const Line& line) {
  for (const char letter : line.call) mix(static_cast<unsigned char>(letter));
  mix(static_cast<std::uint64_t>(line.at.count()));
  mix(static_cast<std::uint64_t>(line.subject));
  mix(static_cast<std::uint64_t>(line.detail));
  mix(static_cast<std::uint64_t>(line.result));
  last_[count_++ % kept] = line;
  if (live_ != nullptr) *live_ << line;
}

void Trace::print(std::ostream& out) const {
  for (std::uint64_t i = count_ - std::min<std::uint64_t>(count_, kept); i != count_; ++i) out << last_[i % kept];
}

}  // namespace strata::inline v1::sim
