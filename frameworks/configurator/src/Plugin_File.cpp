// SPDX-License-Identifier: Apache-2.0
#include "Plugin_File.h"

#include <filesystem>
#include <span>
#include <utility>

#include <strata/configurator/Kind_Note.h>
#include <strata/os/Bytes.h>
#include <strata/os/File.h>
#include <strata/os/User.h>

namespace strata {
inline namespace v1 {
namespace {

constexpr std::size_t largest = 256 << 20;

std::unexpected<Error> refused(std::errc code, std::string why) {
  return std::unexpected{Error{std::make_error_code(code), std::move(why)}};
}

/// Who can write it can run code as this user.
Outcome<> check_owner(const os::File_Status& status, const std::string& what) {
  if (status.owner != 0 && status.owner != os::User::effective().id) {
    return refused(std::errc::permission_denied, what + " belongs to somebody else");
  }
  if ((status.permissions & 022) != 0) return refused(std::errc::permission_denied, what + " can be written by others");
  return {};
}

Outcome<os::File_Status> status_of(const std::string& path) {
  const Result<os::File> file = os::File::open(path, os::Open_Mode::read);
  if (!file) return refused(std::errc{}, file.error().message());
  const Result<os::File_Status> status = file->status();
  if (!status) return refused(std::errc{}, status.error().message());
  return *status;
}

/// The open file is what is checked and what is read.
Outcome<std::string> read_checked(const std::string& path) {
  Result<os::File> file = os::File::open(path, os::Open_Mode::read);
  if (!file) return fail(file.error(), path);
  const Result<os::File_Status> status = file->status();
  if (!status) return fail(status.error(), path);
  if (status->type != os::File_Type::regular) {
    return refused(std::errc::invalid_argument, path + ": not a regular file");
  }
  if (status->size > largest) return refused(std::errc::file_too_large, path + ": larger than 256 MiB");
  if (const Outcome<> owner = check_owner(*status, "it"); !owner) {
    return refused(std::errc::permission_denied, path + ": " + owner.error().what);
  }
  std::string image(static_cast<std::size_t>(status->size), '\0');
  std::size_t filled = 0;
  while (filled < image.size()) {
    const Result<std::size_t> count = file->read(std::as_writable_bytes(std::span{image}).subspan(filled));
    if (!count) return fail(count.error(), path);
    if (*count == 0) break;
    filled += *count;
  }
  image.resize(filled);
  return image;
}

/// Of the path as it is given, and of the file behind its links.
Outcome<> check_folders(const std::string& path) {
  std::error_code unresolved;
  for (const std::filesystem::path& one : {std::filesystem::path{path}, std::filesystem::canonical(path, unresolved)}) {
    const std::filesystem::path folder = one.parent_path();
    const Outcome<os::File_Status> status = status_of(folder.empty() ? "." : folder.string());
    if (!status) return std::unexpected{status.error()};
    if (const Outcome<> owner = check_owner(*status, "its folder"); !owner) return owner;
  }
  return {};
}

}  // namespace

Outcome<std::unique_ptr<Plugin_File>> Plugin_File::read(const std::string& path) {
  Outcome<std::string> image = read_checked(path);
  if (!image) return std::unexpected{std::move(image.error())};
  std::unique_ptr<Plugin_File> file{new Plugin_File{path, std::move(*image)}};
  Outcome<> sound = check_folders(path);
  if (sound) sound = os::Shared_Library::check(as_bytes(file->image_));
  if (sound) sound = file->read_notes();
  if (sound) return file;
  sound.error().what = path + ": " + sound.error().what;
  return std::unexpected{std::move(sound.error())};
}

Outcome<> Plugin_File::read_notes() {
  for (const std::string_view note :
       os::Shared_Library::notes(as_bytes(image_), detail::note_owner, detail::note_type)) {
    Outcome<std::unique_ptr<Plugin_Kind>> kind = Plugin_Kind::parse(note, *this);
    if (!kind) return std::unexpected{std::move(kind.error())};
    kinds_.push_back(owned_.emplace_back(std::move(*kind)).get());
  }
  if (!kinds_.empty()) return {};
  return refused(std::errc::executable_format_error, "not a plugin of Strata: it has no STRATA_SERVICE");
}

std::vector<std::string> Plugin_File::unique_symbols() const {
  std::vector<std::string> names;
  for (const std::string_view name : os::Shared_Library::unique_symbols(as_bytes(image_))) names.emplace_back(name);
  return names;
}

Outcome<std::shared_ptr<Plugin_Module>> Plugin_File::load() {
  if (std::shared_ptr<Plugin_Module> loaded = module_.lock()) return loaded;
  Outcome<Plugin_Module> module =
      Plugin_Module::load(as_bytes(image_), std::filesystem::path{path_}.filename().string());
  if (!module) {
    return std::unexpected{Error{module.error().code, path_ + ": " + module.error().what}};
  }
  auto shared = std::make_shared<Plugin_Module>(std::move(*module));
  module_ = shared;
  return shared;
}

}  // namespace v1
}  // namespace strata
