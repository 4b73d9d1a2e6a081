// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <climits>

#include <strata/os/Process.h>
#include <unistd.h>

namespace strata::inline v1::os {

Result<std::string> executable_path() {
  std::array<char, PATH_MAX> path;
  const ssize_t size = readlink("/proc/self/exe", path.data(), path.size());
  if (size < 0) return fail(std::errc::no_such_file_or_directory);
  return std::string{path.data(), static_cast<std::size_t>(size)};
}

}  // namespace strata::inline v1::os
