// SPDX-License-Identifier: Apache-2.0
// Any bytes to the cache, in two pieces: it answers or closes, and nothing stays charged.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "../services/Cache_World.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
  const std::size_t cut = data[0] * text.size() / 256;
  strata_test::Cache_World world{{.memory = 1 << 20}};
  world.say(text.substr(0, cut));
  world.turns(2);
  world.say(text.substr(cut));
  static_cast<void>(world.heard());
  world.peer().close();
  world.turns(3);
  if (world.service().budget().used() != 0) std::abort();
  return 0;
}
