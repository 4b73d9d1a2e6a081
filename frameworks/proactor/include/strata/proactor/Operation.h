// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <system_error>

#include <strata/os/Clock.h>
#include <strata/os/Export.h>
#include <strata/os/Handle.h>
#include <strata/wrappers/Message_Block.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Names an operation of one Service_Handler. A value; never reused, so that one which has completed is refused.
struct Operation {
  std::uint64_t id = 0;  ///< 0: none
  explicit operator bool() const noexcept { return id != 0; }
  friend bool operator==(Operation, Operation) noexcept = default;
};

struct Operation_Options {
  Duration deadline{};           ///< it is canceled after that: timed_out; 0: never
  Operation* started = nullptr;  ///< gets its name, for `cancel`
};

/// What an operation's one completion tells.
struct Completed {
  Operation operation;
  /// None: done. errc::canceled (`cancel`, `close`), timed_out (its deadline), errc::end_of_stream (of a read: nothing
  /// came before it), or the system's.
  std::error_code error;
  std::size_t size = 0;        ///< bytes moved, of one that failed, too
  Message_Block block;         ///< its buffer, given back: what was read; of a write, what is left
  os::Unique_Handle accepted;  ///< of an accept
};

}  // namespace v1
}  // namespace strata
