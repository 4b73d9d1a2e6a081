// SPDX-License-Identifier: Apache-2.0
// A plugin of another Strata: its code must never run.
#include <cstdlib>

#include <strata/configurator/Service.h>

namespace {

struct Alien {
  Alien() { std::abort(); }
} const alien;

constexpr std::string_view text = R"({"abi":"strata 0, libstdc++ 3, layouts 0","kind":"alien","options":[]})";

consteval auto make_note() {
  strata::detail::Kind_Note<text.size()> note;
  for (std::size_t i = 0; i < text.size(); ++i) note.text[i] = text[i];
  return note;
}
[[gnu::section(".note.strata"), gnu::used, gnu::aligned(4) STRATA_DETAIL_BARE]] constinit const auto note = make_note();

}  // namespace
