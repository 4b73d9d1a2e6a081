// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>

#include <strata/os/Bytes.h>
#include <strata/os/Clock.h>
#include <strata/os/Export.h>
#include <strata/os/Process_Lock.h>
#include <strata/os/Result.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// A mutex between processes, in memory that they share (Shared_Memory). Robust: when its owner dies the next one gets
/// it, and is told. A value that points there; whoever `make`s it also ends it, when nobody uses it any more. Blocks:
/// not in an upcall. @threads any
class Process_Mutex {
 public:
  using Former_Owner = os::Former_Owner;
  static constexpr std::size_t size = os::process_lock_size;  ///< bytes of the memory, aligned to 16

  /// Once; then the others `at` it. Errors: not_enough_memory, the system's.
  static Result<Process_Mutex> make(Bytes memory) {
    const Process_Mutex mutex = at(memory);
    const Result<> made = os::make_process_lock(mutex.memory_);
    return made ? Result<Process_Mutex>{mutex} : fail(made.error());
  }
  static Process_Mutex at(Bytes memory) noexcept {
    assert(memory.size() >= size && reinterpret_cast<std::uintptr_t>(memory.data()) % 16 == 0);
    return Process_Mutex{memory.data()};
  }
  void destroy() noexcept { os::destroy_process_lock(memory_); }

  /// With `died` the caller has it, and what it guards may be half changed: mend that, then `mend()`; who unlocks
  /// without has given it up for all. Errors: see os/Process_Lock.h.
  Result<Former_Owner> lock() noexcept { return os::lock_process_lock(memory_); }
  Result<Former_Owner> lock_until(Time_Point deadline) noexcept {
    return os::lock_process_lock_until(memory_, deadline);
  }
  Result<Former_Owner> try_lock() noexcept { return os::try_process_lock(memory_); }
  Result<> mend() noexcept { return os::mend_process_lock(memory_); }
  Result<> unlock() noexcept { return os::unlock_process_lock(memory_); }

 private:
  explicit Process_Mutex(void* memory) noexcept : memory_(memory) {}
  void* memory_;
};

}  // namespace v1
}  // namespace strata
