// SPDX-License-Identifier: Apache-2.0
#include <strata/connection/Frame_Handler.h>

#include <array>
#include <cassert>

#include <strata/reactor/Run_Context.h>

namespace strata {
inline namespace v1 {

Frame_Handler::Frame_Handler(Prefix prefix, std::size_t longest) noexcept
    : prefix_(static_cast<std::size_t>(prefix)), longest_(longest) {
  assert(longest + prefix_ <= Run_Context::unread_size);
}

Svc_Handler::Result<> Frame_Handler::handle_data(Bytes bytes) {
  while (bytes.size() >= prefix_ && takes_data()) {
    std::size_t size = 0;
    for (const std::byte byte : bytes.first(prefix_)) size = size << 8 | std::to_integer<std::size_t>(byte);
    if (size > longest_) return fail(std::errc::message_size);
    if (bytes.size() - prefix_ < size) break;
    const Bytes frame = bytes.subspan(prefix_, size);
    bytes = bytes.subspan(prefix_ + size);
    if (const Result<> done = handle_frame(frame); !done) return done;
  }
  return unread(bytes);
}

Svc_Handler::Result<> Frame_Handler::put_frame(Const_Bytes frame) {
  if (frame.size() >> (8 * prefix_) != 0) return fail(std::errc::message_size);
  std::array<std::byte, 4> head;
  for (std::size_t i = 0; i < prefix_; ++i) head[i] = static_cast<std::byte>(frame.size() >> (8 * (prefix_ - 1 - i)));
  if (const Result<> done = put(Const_Bytes{head}.first(prefix_)); !done) return done;
  return put(frame);
}

}  // namespace v1
}  // namespace strata
