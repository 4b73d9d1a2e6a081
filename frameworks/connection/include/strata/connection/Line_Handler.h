// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include <strata/connection/Svc_Handler.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// For protocols of lines, with blocks of bytes between them where the protocol tells their size (memcached, SMTP's
/// BDAT, HTTP/1). All lines of a read are handled in one hook, so what they put leaves in one write. A handler that is
/// suspended, or paused by its high-water mark, gets no more until it resumes; nothing is lost. Bytes after the last
/// line's end are dropped when the peer ends. @threads as Svc_Handler
class Line_Handler : public Svc_Handler {
 protected:
  /// `longest` ≤ Run_Context::unread_size: bytes of a line, its end included.
  explicit Line_Handler(std::size_t longest = 8 * 1024) noexcept;

  /// Without its end, which is LF or CRLF. Lent until the hook returns.
  virtual Result<> handle_line(std::string_view line) = 0;
  /// A part of a block; so many bytes of it are still to come. Lent, and may be changed in place.
  virtual Result<> handle_block(Bytes part, std::size_t missing);
  /// A line is longer than `longest`. The default closes with message_size; after a success the line is skipped.
  virtual Result<> handle_long_line() { return fail(std::errc::message_size); }

  /// In a hook: the next `size` bytes are a block.
  void expect_block(std::size_t size) noexcept { block_ = size; }

 private:
  Result<> handle_data(Bytes bytes) final;
  Result<> take_block(Bytes& bytes);
  Result<> take_line(Bytes& bytes);

  std::size_t longest_;
  std::size_t block_ = 0;
  bool skipping_ = false;  // the rest of a line that is too long
  bool partial_ = false;   // what is left has no end of line
};

}  // namespace v1
}  // namespace strata
