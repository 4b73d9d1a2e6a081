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

// Our files: configuration, logs, pid files. Blocking; never on a message's path. A name with a NUL inside is an
// invalid_argument.
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
  std::int64_t modified = 0;  ///< its contents, in seconds of wall clock since 1970 (UTC)
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

/// What File::open does, for who wants the handle; but a FIFO holds up no reader either, and stays non-blocking.
Result<Unique_Handle> open_file(const std::string& path, Open_Mode mode, unsigned permissions = 0644);
/// A folder, to list it or to open what is in it. Errors: not_a_directory, the system's.
Result<Unique_Handle> open_folder(const std::string& path);
/// As open_file, of what is in `folder` or below it, wherever `..` and links lead; a folder, too, to read. Errors:
/// cross_device_link (it would leave the folder), too_many_symbolic_link_levels (or a link of proc(5)),
/// function_not_supported (Linux before 5.6), resource_unavailable_try_again (renames went on and on). Source:
/// openat2(2).
Result<Unique_Handle> open_beneath(Handle folder, const std::string& name, Open_Mode mode,
                                   unsigned permissions = 0644);

// The same of any open file, for who has its handle.
Result<std::size_t> read_at(Handle file, Bytes out, std::uint64_t offset) noexcept;
Result<std::size_t> write_at(Handle file, Const_Bytes bytes, std::uint64_t offset) noexcept;  ///< bytes taken
Result<> sync(Handle file) noexcept;
Result<File_Status> file_status(Handle file) noexcept;
/// From the file to a stream socket, in the system. Bytes taken, possibly fewer; 0 at the file's end. Errors:
/// operation_would_block, broken_pipe (and never a SIGPIPE), the socket's. Source: sendfile(2).
Result<std::size_t> send_file(Handle socket, Handle file, std::uint64_t offset, std::size_t size) noexcept;

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

inline constexpr std::size_t max_listed = 100'000;
/// The names in a folder, sorted, without `.` and `..`. Errors: value_too_large (more than max_listed), the system's.
Result<std::vector<std::string>> list_directory(const std::string& path);
Result<std::vector<std::string>> list_directory(Handle folder);
/// Some of them: those that the system tells of first.
struct Folder_Names {
  std::vector<std::string> names;  ///< sorted, without `.` and `..`
  bool more = false;               ///< the folder has others
};
Result<Folder_Names> list_directory(Handle folder, std::size_t most);

}  // namespace os
}  // namespace v1
}  // namespace strata
