// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>

#include <strata/os/Clock.h>
#include <strata/os/Export.h>
#include <strata/os/Socket_Address.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// How many connections one source may have at once. A source is an IPv4 address or an IPv6 network of 64 bits (what
/// one customer gets, RFC 6177); peers on a UNIX socket are not limited. One that asks for more is refused, and with a
/// penalty also for so long after, each further attempt prolonging it. Memory: for sources that have connections, and
/// for at most `most_penalties` others, of which the oldest are forgotten. @threads any
class Source_Limits {
 public:
  static constexpr std::size_t most_penalties = 65'536;

  Source_Limits(std::size_t most, Duration penalty);
  ~Source_Limits();

  /// Counts a connection of `who`, named by that address until `release`, unless its source may have no more; also
  /// false when memory is out.
  bool admit(const os::Socket_Address& peer, const void* who, Time_Point now) noexcept;
  void release(const void* who) noexcept;  ///< nothing for one that was not counted
  std::size_t sources() const noexcept;    ///< that are remembered

 private:
  struct Table;
  const std::unique_ptr<Table> table_;
};

}  // namespace v1
}  // namespace strata
