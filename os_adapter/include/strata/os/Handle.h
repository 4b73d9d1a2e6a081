// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <utility>

#include <strata/os/Bytes.h>
#include <strata/os/Export.h>
#include <strata/os/Result.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {
namespace os {

/// A descriptor that somebody else owns: a value to pass around, never to close. 32 bits hold a POSIX descriptor and a
/// Windows HANDLE or SOCKET alike (source: Microsoft, "Interprocess Communication Between 32-bit and 64-bit
/// Applications": handles have 32 significant bits).
class Handle {
 public:
  constexpr Handle() noexcept = default;
  constexpr explicit Handle(std::int32_t value) noexcept : value_(value) {}
  constexpr std::int32_t value() const noexcept { return value_; }
  constexpr bool valid() const noexcept { return value_ != -1; }
  constexpr explicit operator bool() const noexcept { return valid(); }
  friend constexpr auto operator<=>(Handle, Handle) noexcept = default;

 private:
  std::int32_t value_ = -1;
};

/// Closes `handle`, never retried: on Linux the descriptor is gone even after EINTR (close(2)).
void close(Handle handle) noexcept;

/// A descriptor that this object owns and closes. Move-only.
class Unique_Handle {
 public:
  constexpr Unique_Handle() noexcept = default;
  explicit Unique_Handle(Handle handle) noexcept : handle_(handle) {}
  Unique_Handle(Unique_Handle&& other) noexcept : handle_(other.release()) {}
  Unique_Handle& operator=(Unique_Handle&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~Unique_Handle() { reset(); }

  Handle get() const noexcept { return handle_; }
  explicit operator bool() const noexcept { return handle_.valid(); }
  [[nodiscard]] Handle release() noexcept { return std::exchange(handle_, Handle{}); }
  void reset(Handle next = {}) noexcept {
    if (handle_) os::close(handle_);
    handle_ = next;
  }

 private:
  Handle handle_;
};

struct Handle_Pair {
  Unique_Handle first, second;
};

/// A pipe: what is written to `second` is read from `first`. Both close-on-exec and non-blocking. Source: pipe2(2).
Result<Handle_Pair> open_pipe();
/// Bytes read, 0 at the end. Source: read(2).
Result<std::size_t> read(Handle handle, Bytes out) noexcept;
/// Bytes taken, possibly fewer. broken_pipe where nobody reads, and never a SIGPIPE. Source: write(2).
Result<std::size_t> write(Handle handle, Const_Bytes bytes) noexcept;

/// Another descriptor of the same open file, close-on-exec. Errors: too_many_files_open.
Result<Unique_Handle> duplicate(Handle handle);

/// Takes over a descriptor that this process was started with: close-on-exec and non-blocking from now on. Errors:
/// bad_file_descriptor (none of that number), file_exists (opened by this process, or adopted before).
Result<Unique_Handle> adopt(Handle inherited);

}  // namespace os
}  // namespace v1
}  // namespace strata
