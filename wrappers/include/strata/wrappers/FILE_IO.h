// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include <strata/os/Bytes.h>
#include <strata/os/Export.h>
#include <strata/os/File.h>
#include <strata/os/Outcome.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// A regular file read and written at places that the caller names, so that several may use it at once. Owns and closes
/// it. Blocks: not for a message's path. @threads any
class FILE_IO {
 public:
  FILE_IO() = delete;
  /// The error names the path: "open /etc/x: Permission denied". `update` makes a file that is missing.
  static Outcome<FILE_IO> open(const std::string& path, os::Open_Mode mode = os::Open_Mode::read,
                               unsigned permissions = 0644);

  os::Handle handle() const noexcept { return file_.handle(); }
  Result<std::uint64_t> size() const noexcept;  ///< bytes
  /// As much as there is, up to the buffer's size: less only at the end of the file.
  Result<std::size_t> read(Bytes buffer, std::uint64_t offset) noexcept;
  /// All of it, or an error (no_space_on_device, io_error, file_too_large); what was written before it stays. Beyond
  /// the end the file grows, and what lies between is 0.
  Result<> write(Const_Bytes bytes, std::uint64_t offset) noexcept { return file_.write_all_at(bytes, offset); }
  Result<> append(Const_Bytes bytes) noexcept { return file_.write_all(bytes); }  ///< only with Open_Mode::append
  Result<> resize(std::uint64_t size) noexcept { return file_.resize(size); }
  Result<> sync() noexcept { return file_.sync(); }  ///< returns when it would survive a loss of power

 private:
  explicit FILE_IO(os::File file) noexcept : file_(std::move(file)) {}
  os::File file_;
};

}  // namespace v1
}  // namespace strata
