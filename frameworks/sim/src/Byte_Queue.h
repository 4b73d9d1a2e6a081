// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include <strata/os/Bytes.h>

namespace strata::inline v1::sim {

/// Bytes in, bytes out, in order.
class Byte_Queue {
 public:
  std::size_t size() const noexcept { return bytes_.size() - head_; }
  bool empty() const noexcept { return size() == 0; }
  void push(Const_Bytes more) { bytes_.insert(bytes_.end(), more.begin(), more.end()); }
  Const_Bytes front(std::size_t most) const { return Const_Bytes{bytes_}.subspan(head_, std::min(most, size())); }
  void pop(std::size_t count) {
    head_ += count;
    if (head_ * 2 < bytes_.size()) return;  // else moving the rest costs less than what was popped
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
  void clear() noexcept {
    bytes_.clear();
    head_ = 0;
  }

 private:
  std::vector<std::byte> bytes_;
  std::size_t head_ = 0;
};

}  // namespace strata::inline v1::sim
