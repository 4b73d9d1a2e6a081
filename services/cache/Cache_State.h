// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include <strata/configurator/Options.h>
#include <strata/connection/Service.h>
#include <strata/os/Monitor.h>

#include "Item_Store.h"

namespace cache {

struct Cache_Options {
  std::size_t memory = 64 * 1024 * 1024;
  std::size_t max_item = 1024 * 1024;
  static constexpr auto fields() {
    using strata::field, strata::Size_Type;
    return std::array{
        field<&Cache_Options::memory, Size_Type>("memory", "bytes for items, and for values on their way: a hard cap")
            .within(1 << 20, std::int64_t{32} << 30),
        field<&Cache_Options::max_item, Size_Type>("max_item", "bytes of a value; at most a sixteenth of the memory")
            .within(1024, 1 << 30)};
  }
};

struct Cache_Counts {
  std::uint64_t gets = 0, hits = 0, sets = 0, touches = 0, touch_hits = 0, flushes = 0, deletes = 0, delete_hits = 0;
  std::uint64_t increments = 0, increment_hits = 0, decrements = 0, decrement_hits = 0;
  std::uint64_t cas_hits = 0, cas_misses = 0, cas_mismatches = 0;
};

/// What the connections of one cache share. @threads whoever holds it
class Cache_State {
 public:
  explicit Cache_State(strata::Service& service);

  /// For a scope: one connection at a time. Where all are served by one thread it costs nothing.
  class Held {
   public:
    explicit Held(Cache_State& state) noexcept : state_(state) {
      if (state.shared_) state.monitor_.lock();
    }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held() {
      if (state_.shared_) state_.monitor_.unlock();
    }

   private:
    Cache_State& state_;
  };

  /// Lets go what is held, for a scope: for what takes long and needs nothing that is shared.
  class Let_Go {
   public:
    explicit Let_Go(Cache_State& state) noexcept : state_(state) { state.monitor_.unlock(); }
    Let_Go(const Let_Go&) = delete;
    Let_Go& operator=(const Let_Go&) = delete;
    ~Let_Go() { state_.monitor_.lock(); }

   private:
    Cache_State& state_;
  };

  bool shared() const noexcept { return shared_; }  ///< threads share it
  Item_Store& store() noexcept { return store_; }
  /// Of values that come in pieces: a sixteenth of the memory, for all peers together.
  strata::Budget& incoming() noexcept { return incoming_; }
  std::size_t memory() const noexcept { return memory_; }  ///< bytes, as configured
  Cache_Counts& counts() noexcept { return counts_; }
  /// Sets the store's clock; a flush that was asked for a time that has come takes place. Once for each read.
  void look_at_clock(strata::Time_Point now);
  /// In the store's time. `exptime` as the protocol has it: 0 never; negative at once; up to 30 days from now; above
  /// that a Unix time.
  std::uint32_t expiry(std::int64_t exptime) noexcept;
  void flush_at(std::int64_t exptime) noexcept;  ///< 0 or less: now
  std::uint32_t uptime() const noexcept;          ///< seconds

 private:
  const bool shared_;
  strata::os::Monitor monitor_;
  std::size_t memory_;
  strata::Budget incoming_;
  Item_Store store_;
  Cache_Counts counts_;
  strata::Time_Point begin_;
  std::optional<std::uint32_t> flush_time_;
};

}  // namespace cache
