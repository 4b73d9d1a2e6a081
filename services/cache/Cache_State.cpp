// SPDX-License-Identifier: Apache-2.0
#include "Cache_State.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include <strata/os/Clock.h>
#include <strata/os/Entropy.h>

namespace cache {
namespace {

constexpr std::int64_t longest_relative = 60 * 60 * 24 * 30;  // seconds; beyond, it is a time (protocol.txt)
constexpr std::uint32_t first_second = 2;  // of the store's clock: 0 is never, and 1 is past

constexpr std::size_t incoming_share = 16;

Store_Limits limits_of(const Cache_Options& options) {
  return {options.memory - options.memory / incoming_share, options.max_item};
}

}  // namespace

Cache_State::Cache_State(strata::Service& service)
    : shared_(service.concurrent()),
      memory_(service.options<Cache_Options>().memory),
      incoming_(memory_ / incoming_share, &service.budget()),
      store_(limits_of(service.options<Cache_Options>()), strata::os::random_seed()),
      begin_(strata::Clock::now()) {
  store_.set_time(first_second);
}

std::uint32_t Cache_State::uptime() const noexcept { return store_.time() - first_second; }

void Cache_State::look_at_clock(strata::Time_Point now) {
  const auto passed = std::chrono::floor<std::chrono::seconds>(std::max(now, begin_) - begin_).count();
  store_.set_time(std::max(store_.time(), first_second + static_cast<std::uint32_t>(passed)));
  if (flush_time_ && *flush_time_ <= store_.time()) {
    flush_time_.reset();
    store_.flush();
  }
}

std::uint32_t Cache_State::expiry(std::int64_t exptime) noexcept {
  if (exptime == 0) return 0;
  if (exptime > longest_relative) exptime -= strata::os::wall_clock_ns() / 1'000'000'000;
  if (exptime <= 0) return 1;
  const std::int64_t at = store_.time() + exptime;
  return static_cast<std::uint32_t>(std::min<std::int64_t>(at, std::numeric_limits<std::uint32_t>::max()));
}

void Cache_State::flush_at(std::int64_t exptime) noexcept {
  ++counts_.flushes;
  flush_time_.reset();
  const std::uint32_t at = exptime <= 0 ? 1 : expiry(exptime);
  if (at <= store_.time()) {
    store_.flush();
  } else {
    flush_time_ = at;
  }
}

}  // namespace cache
