// SPDX-License-Identifier: Apache-2.0
#include <strata_test/Descriptor_Guard.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string>
#include <system_error>

#include <cppunit/extensions/HelperMacros.h>

namespace strata_test {
namespace {

/// Includes the one that reads the listing, each time.
std::vector<int> open_descriptors() {
  std::vector<int> found;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
    const std::string name = entry.path().filename().string();
    int number = -1;
    std::from_chars(name.data(), name.data() + name.size(), number);
    found.push_back(number);
  }
  std::ranges::sort(found);
  return found;
}

std::string described(int number) {
  const std::string name = std::to_string(number);
  std::error_code gone;
  return " " + name + " -> " + std::filesystem::read_symlink("/proc/self/fd/" + name, gone).string();
}

}  // namespace

Descriptor_Guard::Descriptor_Guard() : before_(open_descriptors()) {}

void Descriptor_Guard::check() const {
  const std::vector<int> after = open_descriptors();
  if (after.size() == before_.size()) return;
  std::string message = std::to_string(before_.size()) + " descriptors before, " + std::to_string(after.size()) +
                        " after; new:";
  for (const int number : after) {
    if (!std::ranges::binary_search(before_, number)) message += described(number);
  }
  CPPUNIT_FAIL(message);
}

}  // namespace strata_test
