// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

class Reactor;

/// Names a registered handler: reactor, slot and generation. A value; may outlive the handler, never dangles: a stale
/// one is refused with std::errc::identifier_removed. The reactor itself must outlive it. @threads any
class Handler_Ref {
 public:
  Handler_Ref() noexcept = default;  ///< names nothing
  Handler_Ref(Reactor& reactor, std::uint64_t token) noexcept : reactor_(&reactor), token_(token) {}

  Reactor* reactor() const noexcept { return reactor_; }
  std::uint64_t token() const noexcept { return token_; }  ///< slot in the low half, generation in the high
  explicit operator bool() const noexcept { return reactor_ != nullptr; }
  friend bool operator==(const Handler_Ref&, const Handler_Ref&) noexcept = default;

 private:
  Reactor* reactor_ = nullptr;
  std::uint64_t token_ = 0;
};

}  // namespace v1
}  // namespace strata
