// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include <strata/os/Bytes.h>
#include <strata/os/Datagram.h>
#include <strata/wrappers/INET_Addr.h>

namespace strata {
inline namespace v1 {

/// Datagrams that wait for the system, in the order of their putting. Keeps its memory, so that the steady path
/// allocates none.
class Dgram_Queue {
 public:
  static constexpr std::size_t overhead = sizeof(INET_Addr) + 2 * sizeof(std::size_t);  ///< bytes an entry

  bool empty() const noexcept { return head_ == entries_.size(); }
  std::size_t size() const noexcept { return bytes_.size() - sent_bytes_ + (entries_.size() - head_) * overhead; }

  void push(Const_Bytes bytes, const INET_Addr& to) {  // std::bad_alloc: nothing has changed
    entries_.reserve(entries_.size() + 1 > entries_.capacity() ? 2 * entries_.size() + 8 : 0);
    const std::size_t at = bytes_.size();
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    entries_.push_back({to, at, bytes.size()});
  }

  /// The first ones, as many as fit; valid until the next call of another function.
  std::size_t gather(std::span<os::Datagram_Out> out) const noexcept {
    const std::size_t count = std::min(out.size(), entries_.size() - head_);
    for (std::size_t i = 0; i < count; ++i) {
      const Entry& entry = entries_[head_ + i];
      out[i] = {Const_Bytes{bytes_}.subspan(entry.at, entry.size), entry.to.native()};
    }
    return count;
  }

  void pop(std::size_t count) noexcept {
    for (; count > 0; --count) sent_bytes_ += entries_[head_++].size;
    if (empty()) clear();
  }
  void clear() noexcept {
    entries_.clear();
    bytes_.clear();
    head_ = sent_bytes_ = 0;
  }

 private:
  struct Entry {
    INET_Addr to;
    std::size_t at, size;
  };
  std::vector<std::byte> bytes_;
  std::vector<Entry> entries_;
  std::size_t head_ = 0;
  std::size_t sent_bytes_ = 0;
};

}  // namespace v1
}  // namespace strata
