// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include <strata/metrics/Counter.h>
#include <strata/os/Monitor.h>
#include <strata/proactor/Proactor.h>
#include <strata/reactor/Reactor.h>
#include <strata/wrappers/Block_Pool.h>
#include <strata/wrappers/Message_Block.h>

#include "Asynch_Operation.h"
#include "File_Threads.h"

namespace strata {
inline namespace v1 {

/// What the handlers of a Proactor share. @threads home of its reactor; in a pool any
class Proactor_Core {
 public:
  Proactor_Core(Reactor& reactor, bool ring, unsigned file_threads) noexcept
      : home(reactor), on_ring(ring), files(file_threads) {}
  Proactor_Core(const Proactor_Core&) = delete;
  Proactor_Core& operator=(const Proactor_Core&) = delete;
  ~Proactor_Core();

  Asynch_Operation* make(Asynch_Operation::Kind kind) noexcept;  ///< null when memory is out
  void take_back(Asynch_Operation* operation) noexcept;

  /// Before the first read into a lent block.
  Result<> open_lending() noexcept;
  bool lends_by_ring() const noexcept { return ring_lends_; }
  Result<Message_Block> lend(std::size_t size = Proactor::lent_size) noexcept;  ///< with so much room at least
  Result<Message_Block> registered_block() noexcept;

  Reactor& home;
  const bool on_ring;
  File_Threads files;
  Counter started, completed;
  std::atomic<std::size_t> handlers{0};

 private:
  static constexpr std::size_t most_free = 1024;   ///< operations
  static constexpr std::size_t lent_at_once = 256;  ///< blocks; others come from the heap
  static constexpr std::size_t small_at_once = 1024;
  static constexpr std::size_t registered = 64;

  /// Locked where several threads are at home.
  std::unique_lock<os::Monitor> held() noexcept {
    return home.pooled() ? std::unique_lock{monitor_} : std::unique_lock{monitor_, std::defer_lock};
  }

  os::Monitor monitor_;
  Asynch_Operation* free_ = nullptr;
  std::size_t free_count_ = 0;
  std::uint64_t last_id_ = 0;
  std::atomic<bool> lends_{false};
  bool ring_lends_ = false;
  Block_Pool lent_, small_, registered_;
};

/// Locks where other threads bring operations back: those of files, or of a pool.
class Service_Handler::Guard {
 public:
  explicit Guard(Service_Handler& of) noexcept : lock_(of.monitor_, std::defer_lock) {
    if (of.uses_threads_.load(std::memory_order_relaxed) || of.home().pooled()) lock_.lock();
  }

 private:
  std::unique_lock<os::Monitor> lock_;
};

inline Proactor_Core& Service_Handler::core() const noexcept { return *proactor_->core_; }

}  // namespace v1
}  // namespace strata
