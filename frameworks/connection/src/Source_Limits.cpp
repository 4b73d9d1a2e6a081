// SPDX-License-Identifier: Apache-2.0
#include <strata/connection/Source_Limits.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <mutex>
#include <new>
#include <queue>
#include <unordered_map>

#include <strata/os/Monitor.h>

namespace strata {
inline namespace v1 {

namespace {

using Key = std::uint64_t;

/// 0: not limited. An IPv4 address is told from the networks of IPv6 by a prefix that none of these has (0000::/8).
Key key_of(const os::Socket_Address& peer) noexcept {
  const auto bytes = peer.address();
  Key key = bytes.size() == 4 ? 0x00ff : 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(bytes.size(), 8); ++i) key = key << 8 | bytes[i];
  return key;
}

}  // namespace

struct Source_Limits::Table {
  struct Source {
    std::size_t connections = 0;
    Time_Point refused_until{};
  };
  struct Penalty {
    Key source;
    Time_Point until;
  };

  /// Forgets penalties that are over, and the oldest of too many.
  void clean(Time_Point now) {
    while (!penalties.empty() && (penalties.front().until <= now || penalties.size() > most_penalties)) {
      const auto found = sources.find(penalties.front().source);
      const bool last = found != sources.end() && found->second.refused_until == penalties.front().until;
      if (last) found->second.refused_until = {};
      if (last && found->second.connections == 0) sources.erase(found);
      penalties.pop();
    }
  }

  const std::size_t most;
  const Duration penalty;
  os::Monitor monitor;
  std::unordered_map<Key, Source> sources;
  std::unordered_map<const void*, Key> counted;
  std::queue<Penalty> penalties;  // in the order of their end
};

Source_Limits::Source_Limits(std::size_t most, Duration penalty) : table_(new Table{most, penalty, {}, {}, {}, {}}) {}
Source_Limits::~Source_Limits() = default;

bool Source_Limits::admit(const os::Socket_Address& peer, const void* who, Time_Point now) noexcept try {
  const Key key = key_of(peer);
  if (key == 0) return true;
  Table& table = *table_;
  const std::lock_guard held{table.monitor};
  table.clean(now);
  Table::Source& source = table.sources[key];
  if (source.connections >= table.most || source.refused_until > now) {
    if (table.penalty > Duration::zero()) {
      source.refused_until = now + table.penalty;
      table.penalties.push({key, source.refused_until});
    }
    return false;
  }
  table.counted[who] = key;
  ++source.connections;
  return true;
} catch (const std::bad_alloc&) {
  return false;
}

void Source_Limits::release(const void* who) noexcept {
  Table& table = *table_;
  const std::lock_guard held{table.monitor};
  const auto found = table.counted.find(who);
  if (found == table.counted.end()) return;
  const auto source = table.sources.find(found->second);
  table.counted.erase(found);
  if (--source->second.connections == 0 && source->second.refused_until == Time_Point{}) table.sources.erase(source);
}

std::size_t Source_Limits::sources() const noexcept {
  const std::lock_guard held{table_->monitor};
  return table_->sources.size();
}

}  // namespace v1
}  // namespace strata
