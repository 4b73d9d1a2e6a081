// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <strata/logging/Log_Record.h>

namespace strata {
inline namespace v1 {

/// Records as bytes, one behind the other, in a block of fixed size. All texts are copied, errors and rendered objects
/// as texts, so that nothing of the caller's, nor of the caller's module, is held.
class Record_Buffer {
 public:
  explicit Record_Buffer(std::size_t capacity);
  /// False when it does not fit. Then, and when a rendered object throws, nothing has changed.
  bool push(const Log_Record&);
  bool empty() const noexcept { return size_ == 0; }

  /// The next record in order; its texts and pairs are good until the next call. False at the end, and then the buffer
  /// is empty again.
  bool pop(Log_Record&);

 private:
  bool put(const void* data, std::size_t size);
  bool put_text(std::string_view);
  bool put_value(const Log_Value&);
  bool put_record(const Log_Record&);
  void get(void* data, std::size_t size);
  std::string_view get_text();
  Log_Value get_value();

  std::unique_ptr<char[]> block_;
  std::size_t capacity_;
  std::size_t size_ = 0;  // of whole records
  std::size_t end_ = 0;   // of the record that is being put
  std::size_t read_ = 0;
  std::string scratch_;            // of push
  std::vector<Log_Value> pairs_;  // of the record popped last
};

}  // namespace v1
}  // namespace strata
