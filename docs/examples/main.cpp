// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <string_view>

#include <strata/configurator/Linked_Kinds.h>
#include <strata/daemon/Daemon.h>

int main(int argc, char** argv) {
  const bool check = argc == 4 && std::string_view{argv[3]} == "--check";
  if ((argc != 3 && !check) || std::string_view{argv[1]} != "-c") {
    std::fprintf(stderr, "usage: %s -c FILE [--check]\n", argv[0]);
    return static_cast<int>(strata::Exit_Code::usage);
  }
  const strata::Daemon daemon{strata::linked_kinds()};
  return static_cast<int>(check ? daemon.check({argv[2]}) : daemon.run({argv[2]}));
}
