// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/FILE_IO.h>

namespace strata {
inline namespace v1 {

Outcome<FILE_IO> FILE_IO::open(const std::string& path, os::Open_Mode mode, unsigned permissions) {
  Result<os::File> file = os::File::open(path, mode, permissions);
  if (!file) return fail(file.error(), "open " + path);
  return FILE_IO{std::move(*file)};
}

Result<std::uint64_t> FILE_IO::size() const noexcept {
  const Result<os::File_Status> status = file_.status();
  if (!status) return fail(status.error());
  return status->size;
}

Result<std::size_t> FILE_IO::read(Bytes buffer, std::uint64_t offset) noexcept {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const Result<std::size_t> count = file_.read_at(buffer.subspan(filled), offset + filled);
    if (!count) return count;
    if (*count == 0) break;
    filled += *count;
  }
  return filled;
}

}  // namespace v1
}  // namespace strata
