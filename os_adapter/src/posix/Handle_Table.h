// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <strata/os/Demultiplexer.h>
#include <strata/os/Handle.h>
#include <strata/os/Result.h>

namespace strata::inline v1::os::native {

/// The handles of a demultiplexer that keeps its set in user space: entries lie densely, in no order (removal moves the
/// last one into the gap), and are found by handle in O(1). Allocates only in insert().
class Handle_Table {
 public:
  struct Entry {
    Handle handle;
    Interest interest;
    std::uint64_t token;
  };

  Handle_Table();
  /// The new entry's index. Errors: file_exists, operation_not_permitted (a regular file), bad_file_descriptor,
  /// not_enough_memory.
  Result<std::size_t> insert(Handle, Interest, std::uint64_t token);
  Result<std::size_t> find(Handle) const noexcept;  ///< errors: no_such_file_or_directory
  void erase(std::size_t index) noexcept;           ///< the last entry takes `index`

  std::size_t size() const noexcept { return entries_.size(); }
  Entry& operator[](std::size_t index) noexcept { return entries_[index]; }

  /// Calls `report(index)` round the entries until it has answered true `most` times. Where that was not all, the next
  /// call goes on behind the last: a small batch starves nobody.
  template <class Report>
  std::size_t rotate(std::size_t most, Report report) {
    const std::size_t count = entries_.size();
    if (start_ >= count) start_ = 0;
    std::size_t reported = 0;
    std::size_t index = start_;
    for (std::size_t seen = 0; seen < count && reported < most; ++seen) {
      if (report(index)) ++reported;
      index = index + 1 == count ? 0 : index + 1;
    }
    start_ = index;
    return reported;
  }

 private:
  static constexpr std::uint32_t nowhere = ~std::uint32_t{0};
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> places_;  // by handle value: the entry's index or `nowhere`
  std::size_t start_ = 0;
};

}  // namespace strata::inline v1::os::native
