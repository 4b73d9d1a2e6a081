// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <strata/concurrency/Thread_Pool.h>
#include <strata/os/Monitor.h>
#include <strata/proactor/Proactor.h>
#include <strata/reactor/Reactor.h>
#include <strata/wrappers/Block_Pool.h>
#include <strata/wrappers/Message_Block.h>

#include "Asynch_Operation.h"

namespace strata {
inline namespace v1 {

/// What the handlers of a Proactor share. @threads any
class Proactor_Core {
 public:
  Proactor_Core(Reactor& reactor, bool ring, unsigned file_threads) noexcept
      : home(reactor), on_ring(ring), file_threads_(file_threads) {}
  Proactor_Core(const Proactor_Core&) = delete;
  Proactor_Core& operator=(const Proactor_Core&) = delete;
  ~Proactor_Core();

  Asynch_Operation* make(Asynch_Operation::Kind kind) noexcept;  ///< null when memory is out
  void take_back(Asynch_Operation* operation) noexcept;
  /// Has a thread of files do it, first come, first served.
  Result<> give_to_files(Asynch_Operation& operation) noexcept;
  /// Before any of them has begun it; else false.
  bool take_from_files(Asynch_Operation& operation) noexcept;
  void end_file_threads() noexcept;

  /// Before the first read into a lent block.
  Result<> open_lending() noexcept;
  bool lends_by_ring() const noexcept { return ring_lends_; }
  Result<Message_Block> lend() noexcept;
  Result<Message_Block> registered_block() noexcept;

  Reactor& home;
  const bool on_ring;
  std::atomic<std::size_t> started{0}, completed{0}, handlers{0};

 private:
  static constexpr std::size_t lent_at_once = 64;  ///< others come from the heap
  static constexpr std::size_t registered = 64;

  Result<> start_files() noexcept;
  Asynch_Operation* next_waiting() noexcept;
  void end_waiting(Asynch_Operation& operation) noexcept;
  void work() noexcept;

  static constexpr std::size_t most_free = 1024;
  os::Monitor monitor_;
  Asynch_Operation* free_ = nullptr;
  std::size_t free_count_ = 0;
  std::uint64_t last_id_ = 0;
  bool lends_ = false, ring_lends_ = false;
  Block_Pool lent_, registered_;
  const unsigned file_threads_;
  std::unique_ptr<Thread_Pool> files_;
  Asynch_Operation* waiting_ = nullptr;  ///< for one of its threads
  Asynch_Operation* last_waiting_ = nullptr;
  unsigned working_ = 0;                 ///< threads that take them
};

inline Proactor_Core& Service_Handler::core() const noexcept { return *proactor_->core_; }

}  // namespace v1
}  // namespace strata
