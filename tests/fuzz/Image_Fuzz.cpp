// SPDX-License-Identifier: Apache-2.0
// Any bytes are a shared library or are not, without a read outside of them; what is found lies within.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string_view>

#include <strata/os/Shared_Library.h>

using namespace strata;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void require_within(std::string_view part, Const_Bytes image) {
  const std::string_view whole = as_text(image);
  require(part.empty() || (!std::less<>{}(part.data(), whole.data()) &&
                           !std::less<>{}(whole.data() + whole.size(), part.data() + part.size())));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Const_Bytes image{reinterpret_cast<const std::byte*>(data), size};
  const Outcome<> sound = os::Shared_Library::check(image);
  require(sound || !sound.error().what.empty());
  for (const std::string_view note : os::Shared_Library::notes(image, "Strata", 1)) require_within(note, image);
  for (const std::string_view name : os::Shared_Library::unique_symbols(image)) require_within(name, image);
  return 0;
}
