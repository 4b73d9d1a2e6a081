// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

#include <strata/os/Bytes.h>
#include <strata/os/Export.h>
#include <strata/os/Handle.h>
#include <strata/os/Result.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Both ends of a pipe; owns and closes them. Neither blocks: operation_would_block instead. @threads any; one end from
/// one thread at a time. Source: pipe(7).
class Pipe {
 public:
  Pipe() noexcept = default;  ///< none
  static Result<Pipe> open() {
    Result<os::Handle_Pair> ends = os::open_pipe();
    if (!ends) return fail(ends.error());
    return Pipe{std::move(*ends)};
  }

  os::Handle read_handle() const noexcept { return ends_.first.get(); }
  os::Handle write_handle() const noexcept { return ends_.second.get(); }
  Result<std::size_t> read(Bytes buffer) noexcept { return os::read(read_handle(), buffer); }  ///< 0: no writer is left
  /// Bytes taken; at most PIPE_BUF (4096) of them are taken all or none. broken_pipe: no reader is left.
  Result<std::size_t> write(Const_Bytes bytes) noexcept { return os::write(write_handle(), bytes); }

  void close_read() noexcept { ends_.first.reset(); }
  void close_write() noexcept { ends_.second.reset(); }
  [[nodiscard]] os::Unique_Handle release_read() noexcept { return std::move(ends_.first); }  ///< for a child
  [[nodiscard]] os::Unique_Handle release_write() noexcept { return std::move(ends_.second); }

 private:
  explicit Pipe(os::Handle_Pair ends) noexcept : ends_(std::move(ends)) {}
  os::Handle_Pair ends_;
};

}  // namespace v1
}  // namespace strata
