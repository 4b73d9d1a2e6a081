// SPDX-License-Identifier: Apache-2.0
#include <strata/os/File.h>

#include <memory>
#include <new>
#include <string_view>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posix/Native.h"

namespace strata::inline v1::os::native {
namespace {

/// What is opened for writing must be a regular file, and is emptied only once that is known. A regular file blocks
/// from now on: of one that does not, a ring fails what it cannot do at once, if the file system is no help.
Raw checked(int descriptor, Open_Mode mode) noexcept {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) return -Raw{errno};
  if (!S_ISREG(status.st_mode)) return mode == Open_Mode::read ? 0 : -Raw{EINVAL};
  if (fcntl(descriptor, F_SETFL, mode == Open_Mode::append ? O_APPEND : 0) != 0) return -Raw{errno};
  return mode == Open_Mode::write ? raw_of(ftruncate(descriptor, 0)) : 0;
}

File_Status status_of(const struct stat& found) noexcept {
  using enum File_Type;
  return {.size = static_cast<std::uint64_t>(found.st_size),
          .owner = found.st_uid,
          .permissions = static_cast<std::uint32_t>(found.st_mode & 01777),
          .type = S_ISREG(found.st_mode)    ? regular
                  : S_ISDIR(found.st_mode)  ? directory
                  : S_ISSOCK(found.st_mode) ? socket
                                            : other,
          .modified = found.st_mtim.tv_sec};
}

bool mask_broken_pipe() noexcept {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  return pthread_sigmask(SIG_BLOCK, &pipe, nullptr) == 0;
}

/// Null: there is none behind; errno tells why where it failed.
const dirent* next_in(DIR* folder) noexcept {
  const auto is_dots = [](std::string_view name) { return name == "." || name == ".."; };
  const dirent* entry = nullptr;
  do {
    errno = 0;
    entry = readdir(folder);
  } while (entry != nullptr && is_dots(entry->d_name));
  return entry;
}

/// The names in `folder`, which is closed.
Raw names_in(DIR* opened, std::size_t most, std::vector<std::string>& names) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder{opened, closedir};
  if (!folder) return -Raw{errno};
  names.clear();
  try {
    while (const dirent* const entry = next_in(folder.get())) {
      if (names.size() == most) return 1;
      names.emplace_back(entry->d_name);
    }
  } catch (const std::bad_alloc&) {
    return -Raw{ENOMEM};
  }
  return errno == 0 ? 0 : -Raw{errno};
}

}  // namespace

Raw close(Handle handle) { return raw_of(::close(handle.value())); }

Raw read(Handle handle, std::byte* data, std::size_t size) { return raw_of(::read(handle.value(), data, size)); }

// A pipe whose reader has gone raises SIGPIPE, and write(2) has no MSG_NOSIGNAL: blocked once in each thread that
// writes, the signal stays pending for ever and EPIPE says it all.
void block_broken_pipe() noexcept {
  thread_local const bool blocked = mask_broken_pipe();
  static_cast<void>(blocked);
}

Raw write(Handle handle, const std::byte* data, std::size_t size) {
  block_broken_pipe();
  return raw_of(::write(handle.value(), data, size));
}

Raw is_regular_file(Handle handle) {
  struct stat status {};
  if (fstat(handle.value(), &status) != 0) return -Raw{errno};
  return S_ISREG(status.st_mode) ? 1 : 0;
}

Raw duplicate(Handle handle) { return raw_of(fcntl(handle.value(), F_DUPFD_CLOEXEC, 0)); }

/// What the process has opened itself is close-on-exec, so that this tells what came from the one that started it.
Raw adopt(Handle handle) {
  const int of_descriptor = fcntl(handle.value(), F_GETFD);
  const int of_file = fcntl(handle.value(), F_GETFL);
  if (of_descriptor < 0 || of_file < 0) return -Raw{errno};
  if ((of_descriptor & FD_CLOEXEC) != 0) return -Raw{EEXIST};
  if (fcntl(handle.value(), F_SETFL, of_file | O_NONBLOCK) != 0) return -Raw{errno};
  return raw_of(fcntl(handle.value(), F_SETFD, of_descriptor | FD_CLOEXEC));
}

int open_flags(Open_Mode mode) noexcept {
  constexpr int always = O_CLOEXEC | O_NOCTTY;
  // O_NONBLOCK: a FIFO planted at the path fails at once instead of waiting for its reader. No effect on a file.
  constexpr int writing = always | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
  switch (mode) {
    case Open_Mode::read: break;
    case Open_Mode::write: return writing | O_WRONLY;
    case Open_Mode::append: return writing | O_WRONLY | O_APPEND;
    case Open_Mode::update: return writing | O_RDWR;
  }
  return always | O_RDONLY;
}

Raw opened(Raw descriptor, Open_Mode mode) noexcept {
  if (descriptor < 0) return descriptor;
  const Raw outcome = checked(static_cast<int>(descriptor), mode);
  if (outcome >= 0) return descriptor;
  ::close(static_cast<int>(descriptor));
  return outcome;
}

Raw file_open(const char* path, Open_Mode mode, unsigned permissions) {
  const Raw raw = raw_of(::open(path, open_flags(mode), static_cast<mode_t>(permissions)));
  return mode == Open_Mode::read ? raw : opened(raw, mode);
}

Raw file_open_now(const char* path, Open_Mode mode, unsigned permissions) {
  return opened(raw_of(::open(path, open_flags(mode) | O_NONBLOCK, static_cast<mode_t>(permissions))), mode);
}

Raw folder_open(const char* path) { return raw_of(::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)); }

Raw file_status(Handle handle, File_Status& status) {
  struct stat found {};
  if (fstat(handle.value(), &found) != 0) return -Raw{errno};
  status = status_of(found);
  return 0;
}

Raw path_status(const char* path, File_Status& status) {
  struct stat found {};
  if (lstat(path, &found) != 0) return -Raw{errno};
  status = status_of(found);
  return 0;
}

Raw file_sync(Handle handle) { return raw_of(fsync(handle.value())); }

Raw file_read_at(Handle handle, std::byte* data, std::size_t size, std::uint64_t offset) {
  return raw_of(::pread(handle.value(), data, size, static_cast<off_t>(offset)));
}

Raw file_write_at(Handle handle, const std::byte* data, std::size_t size, std::uint64_t offset) {
  return raw_of(::pwrite(handle.value(), data, size, static_cast<off_t>(offset)));
}

Raw file_resize(Handle handle, std::uint64_t size) {
  return raw_of(::ftruncate(handle.value(), static_cast<off_t>(size)));
}

Raw file_rename(const char* from, const char* to) { return raw_of(::rename(from, to)); }
Raw file_remove(const char* path) { return raw_of(::unlink(path)); }

Raw path_set_permissions(const char* path, unsigned permissions) {
  return raw_of(fchmodat(AT_FDCWD, path, static_cast<mode_t>(permissions), AT_SYMLINK_NOFOLLOW));
}

Raw path_set_owner(const char* path, std::uint32_t user, std::uint32_t group) {
  return raw_of(fchownat(AT_FDCWD, path, user, group, AT_SYMLINK_NOFOLLOW));
}

Raw directory_list(const char* path, std::size_t most, std::vector<std::string>& names) {
  return names_in(opendir(path), most, names);
}

// Opened anew: a duplicate would share the place up to which it has been read.
Raw folder_list(Handle folder, std::size_t most, std::vector<std::string>& names) {
  const int again = openat(folder.value(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (again < 0) return -Raw{errno};
  DIR* const stream = fdopendir(again);
  if (stream != nullptr) return names_in(stream, most, names);
  const Raw refused = -Raw{errno};
  ::close(again);
  return refused;
}

}  // namespace strata::inline v1::os::native
