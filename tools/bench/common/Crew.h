// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <thread>
#include <vector>

#include "common/Server_Setup.h"

namespace bench {

// The number behind `name` on the command line; 1 without it.
inline unsigned count_argument(int argc, char** argv, const char* name) {
  const unsigned long count = std::strtoul(argument(argc, argv, name, "1"), nullptr, 10);
  constexpr unsigned long most = 64;
  if (count == 0 || count > most) die(name);
  return static_cast<unsigned>(count);
}

// body(0) … body(count - 1), each on a thread of its own but body(0), which has the caller's; returns when all have.
template <typename Body>
void run_crew(unsigned count, Body body) {
  std::vector<std::jthread> others;
  for (unsigned each = 1; each < count; ++each) others.emplace_back(body, each);
  body(0U);
}

}  // namespace bench
