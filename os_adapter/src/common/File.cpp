// SPDX-License-Identifier: Apache-2.0
#include <strata/os/File.h>

#include <algorithm>
#include <new>
#include <span>
#include <utility>

#include "common/Seam.h"

namespace strata::inline v1::os {
namespace {

Result<std::string> read_all(File& file, std::size_t limit) {
  static constexpr std::size_t chunk = 16 * 1024;
  std::string text;
  std::size_t filled = 0;
  while (filled <= limit) {  // one byte more than allowed tells a file that is too large from one that just fits
    text.resize(filled + std::min(chunk, limit - filled + 1));
    const auto count = file.read(std::as_writable_bytes(std::span{text}.subspan(filled)));
    if (!count) return std::unexpected{count.error()};
    filled += *count;
    if (*count > 0) continue;
    text.resize(filled);
    return text;
  }
  return fail(std::errc::file_too_large);
}

Result<Folder_Names> listed(Raw raw, std::vector<std::string>& names) {
  if (raw < 0) return failure(raw);
  std::ranges::sort(names);
  return Folder_Names{std::move(names), raw != 0};
}

Result<std::vector<std::string>> all_of(Result<Folder_Names>&& listed) {
  if (!listed) return std::unexpected{listed.error()};
  if (listed->more) return fail(std::errc::value_too_large);
  return std::move(listed->names);
}

}  // namespace

Result<File> File::open(const std::string& path, Open_Mode mode, unsigned permissions) {
  auto handle = owned(retry(table().file_open, path, mode, permissions));
  if (!handle) return std::unexpected{handle.error()};
  return File{std::move(*handle)};
}

Result<Unique_Handle> open_file(const std::string& path, Open_Mode mode, unsigned permissions) {
  return owned(retry(table().file_open_now, path, mode, permissions));
}

Result<Unique_Handle> open_folder(const std::string& path) { return owned(retry(table().folder_open, path)); }

Result<Unique_Handle> open_beneath(Handle folder, const std::string& name, Open_Mode mode, unsigned permissions) {
  constexpr int most = 8;  // a rename anywhere in the system may make it start over with `..` (openat2(2), EAGAIN)
  Raw raw = raw_error(std::errc::resource_unavailable_try_again);
  for (int i = 0; i < most && raw == raw_error(std::errc::resource_unavailable_try_again); ++i) {
    raw = retry(table().file_open_beneath, folder, name, mode, permissions);
  }
  return owned(raw);
}

Result<std::size_t> File::read(Bytes out) noexcept {
  return counted(retry(table().read, handle_.get(), out.data(), out.size()));
}

Result<> File::write_all(Const_Bytes bytes) noexcept {
  while (!bytes.empty()) {
    const Raw raw = retry(table().write, handle_.get(), bytes.data(), bytes.size());
    if (raw < 0) return failure(raw);
    if (raw == 0) return fail(std::errc::io_error);  // no progress and no reason: never spin
    bytes = bytes.subspan(static_cast<std::size_t>(raw));
  }
  return {};
}

Result<std::size_t> File::read_at(Bytes out, std::uint64_t offset) noexcept {
  return os::read_at(handle_.get(), out, offset);
}

Result<std::size_t> read_at(Handle file, Bytes out, std::uint64_t offset) noexcept {
  return counted(retry(table().file_read_at, file, out.data(), out.size(), offset));
}

Result<std::size_t> write_at(Handle file, Const_Bytes bytes, std::uint64_t offset) noexcept {
  return counted(retry(table().file_write_at, file, bytes.data(), bytes.size(), offset));
}

Result<> sync(Handle file) noexcept { return done(retry(table().file_sync, file)); }

Result<std::size_t> send_file(Handle socket, Handle file, std::uint64_t offset, std::size_t size) noexcept {
  return counted(retry(table().send_file, socket, file, offset, size));
}

Result<> File::write_all_at(Const_Bytes bytes, std::uint64_t offset) noexcept {
  while (!bytes.empty()) {
    const Result<std::size_t> taken = os::write_at(handle_.get(), bytes, offset);
    if (!taken) return std::unexpected{taken.error()};
    if (*taken == 0) return fail(std::errc::io_error);  // no progress and no reason: never spin
    bytes = bytes.subspan(*taken);
    offset += *taken;
  }
  return {};
}

Result<> File::resize(std::uint64_t size) noexcept { return done(retry(table().file_resize, handle_.get(), size)); }

Result<File_Status> file_status(Handle file) noexcept {
  File_Status status;
  const Raw raw = retry(table().file_status, file, status);
  if (raw < 0) return failure(raw);
  return status;
}

Result<File_Status> File::status() const noexcept { return file_status(handle_.get()); }
Result<> File::sync() noexcept { return os::sync(handle_.get()); }

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  auto file = File::open(path, Open_Mode::read);
  if (!file) return std::unexpected{file.error()};
  try {
    return read_all(*file, limit);
  } catch (const std::bad_alloc&) {
    return fail(std::errc::not_enough_memory);
  }
}

Result<> rename_file(const std::string& from, const std::string& to) {
  return done(retry(table().file_rename, from, to));
}

Result<> remove_file(const std::string& path) { return done(retry(table().file_remove, path)); }

Result<File_Status> path_status(const std::string& path) {
  File_Status status;
  const Raw raw = retry(table().path_status, path, status);
  if (raw < 0) return failure(raw);
  return status;
}

Result<> set_permissions(const std::string& path, unsigned permissions) {
  return done(retry(table().path_set_permissions, path, permissions));
}

Result<> set_owner(const std::string& path, File_Owner owner) {
  return done(retry(table().path_set_owner, path, owner.user, owner.group));
}

Result<std::vector<std::string>> list_directory(const std::string& path) {
  std::vector<std::string> names;
  return all_of(listed(retry(table().directory_list, path, max_listed, names), names));
}

Result<std::vector<std::string>> list_directory(Handle folder) { return all_of(list_directory(folder, max_listed)); }

Result<Folder_Names> list_directory(Handle folder, std::size_t most) {
  std::vector<std::string> names;
  return listed(retry(table().folder_list, folder, most, names), names);
}

}  // namespace strata::inline v1::os
