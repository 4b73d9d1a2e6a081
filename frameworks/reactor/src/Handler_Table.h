// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <strata/os/Demultiplexer.h>
#include <strata/os/Handle.h>
#include <strata/os/Result.h>
#include <strata/reactor/Event_Handler.h>

namespace strata {
inline namespace v1 {

/// One registered handler. 24 bytes: an idle connection pays for it.
struct Handler_Slot {
  static constexpr std::uint8_t owned = 1;      ///< adopted: freed after its handle_close
  static constexpr std::uint8_t exclusive = 2;  ///< no duplicate of the descriptor exists
  static constexpr std::uint8_t absent = 4;     ///< taken out of the demultiplexer by a hang-up, until I/O is wanted
  static constexpr std::uint8_t flushing = 8;   ///< stands in the flush list
  static constexpr std::uint8_t common = 16;    ///< its upcalls are the reactor's own: one strand with its callbacks
  static constexpr std::uint8_t wake_one = 32;  ///< others wait for the same
  static constexpr std::uint8_t by_operations = 64;  ///< the demultiplexer is told nothing of it
  static constexpr std::uint8_t when_wanted = 128;   ///< absent while nothing is wanted

  Event_Handler* handler = nullptr;  ///< null: free
  std::uint32_t generation = 1;      ///< never 0, so that no token is
  os::Handle handle;
  std::uint32_t group = 0;           ///< free slots: the next free one
  Event_Mask wanted = Event_Mask::none;
  Event_Mask applied = Event_Mask::none;  ///< what the demultiplexer was told
  std::uint8_t suspended = 0;             ///< a set of Suspension
  std::uint8_t flags = 0;

  bool has(std::uint8_t flag) const noexcept { return (flags & flag) != 0; }
  bool is_of(std::uint32_t wanted_group) const noexcept { return handler != nullptr && group == wanted_group; }
  Event_Mask effective() const noexcept { return suspended == 0 ? wanted : Event_Mask::none; }
};
static_assert(sizeof(Handler_Slot) == 24);

/// Slots with generations, at stable addresses, and who has which handle. @threads home
class Handler_Table {
 public:
  static constexpr std::uint32_t none = 0xffffffff;

  /// Null when stale: freed, or reused by another.
  Handler_Slot* find(std::uint64_t token) noexcept {
    const auto index = static_cast<std::uint32_t>(token);
    if (index >= used_) return nullptr;
    Handler_Slot& slot = at(index);
    return slot.handler != nullptr && slot.generation == token >> 32 ? &slot : nullptr;
  }
  Handler_Slot& at(std::uint32_t index) noexcept { return chunks_[index / chunk_size][index % chunk_size]; }
  const Handler_Slot& at(std::uint32_t index) const noexcept { return chunks_[index / chunk_size][index % chunk_size]; }
  std::uint64_t token(std::uint32_t index) noexcept {
    return static_cast<std::uint64_t>(at(index).generation) << 32 | index;
  }

  /// A slot for `handler`. Errors: file_exists (another has the handle), bad_file_descriptor, not_enough_memory.
  Result<std::uint32_t> claim(Event_Handler& handler, os::Handle handle);
  /// From here on tokens of it are stale and its handle may be claimed again; the slot itself is not used anew before
  /// `recycle`.
  void retire(std::uint32_t index) noexcept;
  void recycle(std::uint32_t index) noexcept;
  void release(std::uint32_t index) noexcept {  ///< both
    retire(index);
    recycle(index);
  }

  std::uint32_t used() const noexcept { return used_; }  ///< slots below it were claimed at least once
  std::size_t size() const noexcept { return size_; }

 private:
  static constexpr std::uint32_t chunk_size = 256;
  Result<std::uint32_t> take_free();

  std::vector<std::unique_ptr<Handler_Slot[]>> chunks_;
  std::vector<std::uint32_t> by_handle_;  ///< slot + 1 by descriptor number, which the system keeps dense; 0 = none
  std::uint32_t used_ = 0;
  std::uint32_t free_ = none;
  std::size_t size_ = 0;
};

}  // namespace v1
}  // namespace strata
