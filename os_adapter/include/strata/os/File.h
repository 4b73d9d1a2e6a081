// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <strata/os/Bytes.h>
#include <strata/os/Export.h>
#include <strata/os/Handle.h>
#include <strata/os/Result.h>

// Our files: configuration, logs, pid files. Blocking; never on a message's path.
namespace strata {
inline namespace STRATA_EXPORT v1 {
namespace os {

enum class Open_Mode : std::uint8_t {
  read,    ///< must exist
  write,   ///< made or emptied
  append,  ///< made if missing; each write goes to the end
  update,  ///< to read and to write; made if missing, and kept
};

enum class File_Type : std::uint8_t { other, regular, directory, socket };

/// What the system says of a file. Source: inode(7).
struct File_Status {
  std::uint64_t size = 0;
  std::uint32_t owner = 0;       ///< a User's id
  std::uint32_t permissions = 0;  ///< rwxrwxrwx, and the sticky bit as 01000
  File_Type type = File_Type::other;
};

/// Whom a file belongs to, by number.
struct File_Owner {
  static constexpr std::uint32_t unchanged = ~std::uint32_t{0};
  std::uint32_t user = unchanged;
  std::uint32_t group = unchanged;
  friend bool operator==(const File_Owner&, const File_Owner&) = default;
};

/// A regular file; positions and sizes in bytes. A symbolic link as the last part of the path is followed only for
/// `read` (O_NOFOLLOW).
class File {
 public:
  static Result<File> open(const std::string& path, Open_Mode, unsigned permissions = 0644);
  Handle handle() const noexcept { return handle_.get(); }
  Result<std::size_t> read(Bytes) noexcept;    ///< 0 = end
  Result<> write_all(Const_Bytes) noexcept;    ///< all of it, or an error (no_space_on_device, io_error)
  /// At a place of the file, wherever others read and write; 0 at its end. Source: pread(2).
  Result<std::size_t> read_at(Bytes out, std::uint64_t offset) noexcept;
  Result<> write_all_at(Const_Bytes bytes, std::uint64_t offset) noexcept;
  Result<> resize(std::uint64_t size) noexcept;  ///< cut, or filled with zeros. Source: ftruncate(2)
  Result<File_Status> status() const noexcept;
  Result<> sync() noexcept;

 private:
  explicit File(Unique_Handle handle) noexcept : handle_(std::move(handle)) {}
  Unique_Handle handle_;
};

// The same of any open file, for who has its handle.
Result<std::size_t> read_at(Handle file, Bytes out, std::uint64_t offset) noexcept;
Result<std::size_t> write_at(Handle file, Const_Bytes bytes, std::uint64_t offset) noexcept;  ///< bytes taken
Result<> sync(Handle file) noexcept;

/// The whole file, at most `limit` bytes. Errors: file_too_large, is_a_directory, the system's.
Result<std::string> read_file(const std::string& path, std::size_t limit);
Result<> rename_file(const std::string& from, const std::string& to);
Result<> remove_file(const std::string& path);
/// Of the path itself: a symbolic link is `other`.
Result<File_Status> path_status(const std::string& path);
/// rwxrwxrwx, whatever the umask; a symbolic link is not followed. Source: fchmodat(2).
Result<> set_permissions(const std::string& path, unsigned permissions);
/// A symbolic link is not followed. operation_not_permitted: only the superuser gives files away. Source: fchownat(2).
Result<> set_owner(const std::string& path, File_Owner owner);
/// The names in a folder, sorted, without `.` and `..`.
Result<std::vector<std::string>> list_directory(const std::string& path);

}  // namespace os
}  // namespace v1
}  // namespace strata
