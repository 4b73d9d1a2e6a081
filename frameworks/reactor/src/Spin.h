// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <strata/os/Clock.h>

namespace strata {
inline namespace v1 {

/// Decides whether to poll for a while before sleeping. A spin pays when one peer answers soon, again and again: it
/// saves the wake-up of a halted core (perf: 19 µs). It does not when connections come and go, or when many are served
/// a turn: then the core has better things to do. So it runs only while the last waits were short and the set of
/// handlers is still, and rests, longer each time, after it was in vain.
class Spin {
 public:
  explicit Spin(Duration limit = {}) noexcept : limit_(limit) {}

  void changed() noexcept { quiet_turns_ = 0; }  ///< a handler was registered or closed
  void served(std::size_t events) noexcept { events_ = events; }  ///< what the last turn had to do
  /// Whether to spin before this sleep.
  bool worthwhile() noexcept;
  Duration limit() const noexcept { return limit_; }
  void found() noexcept;   ///< an event came while spinning
  void missed() noexcept;  ///< the limit passed in vain

 private:
  static constexpr std::uint32_t still = 64;        ///< turns without a change before spinning
  static constexpr std::uint32_t longest_rest = 1024;
  static constexpr std::size_t busy = 8;            ///< events a turn above which others keep the core awake

  Duration limit_;
  std::size_t events_ = 0;
  std::uint32_t quiet_turns_ = 0;
  std::uint32_t rest_ = 0;       ///< turns left without spinning
  std::uint32_t next_rest_ = 1;
};

}  // namespace v1
}  // namespace strata
