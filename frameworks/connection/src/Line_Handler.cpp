// SPDX-License-Identifier: Apache-2.0
#include <strata/connection/Line_Handler.h>

#include <algorithm>
#include <cassert>
#include <cstring>

#include <strata/reactor/Run_Context.h>

namespace strata {
inline namespace v1 {

Line_Handler::Line_Handler(std::size_t longest) noexcept : longest_(longest) {
  assert(longest != 0 && longest <= Run_Context::unread_size);
}

Svc_Handler::Result<> Line_Handler::handle_block(Bytes, std::size_t) { return {}; }

Svc_Handler::Result<> Line_Handler::handle_data(Bytes bytes) {
  partial_ = false;
  while (!bytes.empty() && !partial_ && takes_data()) {
    const Result<> done = block_ != 0 ? take_block(bytes) : take_line(bytes);
    if (!done) return done;
  }
  return unread(bytes);
}

Svc_Handler::Result<> Line_Handler::take_block(Bytes& bytes) {
  const Bytes part = bytes.first(std::min(block_, bytes.size()));
  bytes = bytes.subspan(part.size());
  block_ -= part.size();
  return handle_block(part, block_);
}

Svc_Handler::Result<> Line_Handler::take_line(Bytes& bytes) {
  const void* found = std::memchr(bytes.data(), '\n', bytes.size());
  const bool whole = found != nullptr;
  const std::size_t size =
      whole ? static_cast<std::size_t>(static_cast<const std::byte*>(found) - bytes.data()) + 1 : bytes.size();
  if (skipping_) {
    skipping_ = !whole;
    bytes = bytes.subspan(size);
    return {};
  }
  if (size > longest_ || (!whole && size == longest_)) {
    skipping_ = !whole;
    bytes = bytes.subspan(size);
    return handle_long_line();
  }
  partial_ = !whole;
  if (partial_) return {};
  std::string_view line = as_text(bytes.first(size - 1));
  if (line.ends_with('\r')) line.remove_suffix(1);
  bytes = bytes.subspan(size);
  return handle_line(line);
}

}  // namespace v1
}  // namespace strata
