// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <typeinfo>

#include <strata/os/Bytes.h>
#include <strata/os/Clock.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// What a thread owns while it runs upcalls, and lends to them: one buffer to read into, one to cork replies in.
/// An idle connection therefore owns neither. One a reactor; in a pool, one a thread.
class Run_Context {
 public:
  static constexpr std::size_t read_size = 64 * 1024;    ///< the most that one read brings
  static constexpr std::size_t unread_size = 64 * 1024;  ///< the most that may be kept in front of it
  static constexpr std::size_t cork_size = 64 * 1024;

  /// The time of the upcall that runs, once it was asked for; and the readiness bits (os::Ready) of its event.
  Time_Point now{};
  bool now_known = false;
  std::uint8_t ready = 0;
  bool crowded = false;  ///< other handlers are ready, too: whoever has much to do leaves the rest to a later turn

  /// Replies of the upcall that runs, not yet sent. `corked_by` names the connection that they belong to.
  std::size_t corked = 0;
  const void* corked_by = nullptr;

  static constexpr std::uint64_t sampled = 64;  ///< one upcall in so many is timed

  /// For who looks from another thread: the upcalls begun so far, an address in the binary whose code runs now (null:
  /// none), the class of its handler (null: a callback), and in which thread (os::current_thread).
  std::atomic<std::uint64_t> upcalls{0};
  std::atomic<const void*> running{nullptr};
  std::atomic<const std::type_info*> type{nullptr};
  std::atomic<std::uint64_t> thread{0};

  /// Null when memory is out.
  static std::unique_ptr<Run_Context> make() noexcept;

  /// Valid until the upcall that got it returns.
  Bytes lent() noexcept { return {lent_, unread_size + read_size}; }

  Bytes cork() noexcept { return {cork_, cork_size}; }

 private:
  Run_Context() = default;
  alignas(64) std::byte lent_[unread_size + read_size];
  alignas(64) std::byte cork_[cork_size];
};

/// The upcall that the calling thread is in. A handler of signals may ask (signal-safety(7)).
struct Running_Upcall {
  const char* type = nullptr;  ///< mangled name of the handler's class; null: a callback, or none
  std::uint64_t token = 0;     ///< of its registration, in a pool
};
Running_Upcall running_upcall() noexcept;

}  // namespace v1
}  // namespace strata
