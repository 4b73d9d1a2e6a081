// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <set>

#include <strata/os/Operations.h>
#include <strata/os/Socket.h>

namespace strata_test {

namespace os = strata::os;

/// Lies over the table in force, to the threads of reactors; the thread that makes it is the peers', and passes
/// untouched. Made before these threads start, destroyed when they have ended; so set what it answers. One at a time.
/// @threads any may call, and run the answers
class Shared_Seam {
 public:
  Shared_Seam() : table_(bent()), scope_(table_) {
    current = this;
    peers = true;
  }
  ~Shared_Seam() { peers = false; }
  Shared_Seam(const Shared_Seam&) = delete;
  Shared_Seam& operator=(const Shared_Seam&) = delete;

  /// Instead of the call; nothing: the call takes place.
  std::function<std::optional<os::Raw>()> on_accept;
  /// Given the bytes, how many the kernel takes.
  std::function<std::size_t(strata::Const_Bytes first, std::size_t total)> on_send;
  std::atomic<std::uint64_t> accepts{0};
  /// Whether the listener that the calling thread runs has let its reserve go (Acceptor_Options::shed_when_full).
  static bool reserve_is_out() { return reserve_out; }

 private:
  static inline Shared_Seam* current = nullptr;
  static inline const os::Operations* below = nullptr;
  static inline thread_local bool peers = false;
  static inline thread_local bool reserve_out = false;  // from its close to the next

  static os::Raw accept(os::Handle h, os::Socket_Address* peer) {
    if (peers) return below->accept(h, peer);
    ++current->accepts;
    const auto answer = current->on_accept ? current->on_accept() : std::nullopt;
    return answer ? *answer : below->accept(h, peer);
  }
  static os::Raw gathered(os::Handle h, const strata::Const_Bytes* parts, std::size_t count) {
    if (peers || !current->on_send || count == 0) return below->send_gathered(h, parts, count);
    std::size_t total = 0;
    for (std::size_t i = 0; i < count; ++i) total += parts[i].size();
    std::array<strata::Const_Bytes, os::max_gather> cut;
    std::size_t left = current->on_send(parts[0], total), used = 0;
    for (; used < count && left != 0; ++used) {
      cut[used] = parts[used].first(std::min(left, parts[used].size()));
      left -= cut[used].size();
    }
    if (used == 0) return -static_cast<os::Raw>(std::errc::operation_would_block);
    return below->send_gathered(h, cut.data(), used);
  }
  static os::Raw send(os::Handle h, const std::byte* data, std::size_t size) {
    const strata::Const_Bytes part{data, size};
    return gathered(h, &part, 1);
  }
  static os::Raw socket(os::Family family, os::Socket_Kind kind) {
    const os::Raw made = below->socket(family, kind);
    if (family == os::Family::local && made >= 0) {
      const std::lock_guard held{current->mutex_};
      current->reserves_.insert(made);
      reserve_out = false;
    }
    return made;
  }
  static os::Raw close(os::Handle h) {
    {
      const std::lock_guard held{current->mutex_};
      if (current->reserves_.erase(h.value()) != 0) reserve_out = true;
    }
    return below->close(h);
  }
  static os::Operations bent() {
    below = &os::operations();
    os::Operations table = *below;
    table.accept = accept;
    table.send_gathered = gathered;
    table.send = send;
    table.socket = socket;
    table.close = close;
    return table;
  }

  std::mutex mutex_;
  std::set<os::Raw> reserves_;
  os::Operations table_;
  os::Operations_Scope scope_;
};

}  // namespace strata_test
