// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <strata/os/Clock.h>
#include <strata/os/Export.h>
#include <strata/os/Result.h>

// A mutex in memory that processes share. Not behind the seam: it orders no upcall, as the standard library's do not.
namespace strata {
inline namespace STRATA_EXPORT v1 {
namespace os {

inline constexpr std::size_t process_lock_size = 64;  ///< bytes, aligned to 16

/// Once, by the process that makes the memory, before any other uses it.
Result<> make_process_lock(void* memory) noexcept;
void destroy_process_lock(void* memory) noexcept;  ///< when nobody uses it any more

/// What a lock has found out about the one who had it before.
enum class Former_Owner : std::uint8_t { unlocked, died };

/// With `died` the caller has the lock, and what it guards may be half changed. Errors: timed_out (until `deadline`, of
/// monotonic time), resource_deadlock_would_occur (it has it already), state_not_recoverable (one who found a dead
/// owner has let go without `mend`). Source: pthread_mutex_lock(3p), pthread_mutexattr_setrobust(3).
Result<Former_Owner> lock_process_lock(void* memory) noexcept;
Result<Former_Owner> lock_process_lock_until(void* memory, Time_Point deadline) noexcept;
Result<Former_Owner> try_process_lock(void* memory) noexcept;  ///< device_or_resource_busy: somebody has it
Result<> unlock_process_lock(void* memory) noexcept;           ///< operation_not_permitted: not the caller's
/// What it guards is whole again. Source: pthread_mutex_consistent(3).
Result<> mend_process_lock(void* memory) noexcept;

}  // namespace os
}  // namespace v1
}  // namespace strata
