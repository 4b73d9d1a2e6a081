// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <strata/connection/Svc_Handler.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// For protocols of frames: a size, most significant byte first, then so many bytes. All whole frames of a read are
/// handled in one hook. A handler that is suspended, or paused by its high-water mark, gets no more until it resumes.
/// @threads as Svc_Handler
class Frame_Handler : public Svc_Handler {
 public:
  enum class Prefix : std::uint8_t { one_byte = 1, two_bytes = 2, four_bytes = 4 };

  /// Puts the size, then the bytes. Errors: message_size (more than the prefix can say); those of `put`.
  Result<> put_frame(Const_Bytes frame);

 protected:
  /// `longest` with the prefix ≤ Run_Context::unread_size: bytes of a frame without its prefix.
  explicit Frame_Handler(Prefix prefix = Prefix::four_bytes, std::size_t longest = 32 * 1024) noexcept;

  /// One frame, without its prefix. Lent until the hook returns, and may be changed in place.
  virtual Result<> handle_frame(Bytes frame) = 0;

 private:
  Result<> handle_data(Bytes bytes) final;  // a frame that is too long closes with message_size

  std::size_t prefix_;
  std::size_t longest_;
};

}  // namespace v1
}  // namespace strata
