// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <string_view>

#include <strata/configurator/Linked_Kinds.h>
#include <strata/daemon/Daemon.h>

int main(int argc, char** argv) {
  if (argc != 3 || std::string_view{argv[1]} != "-c") {
    std::fputs("usage: greeterd -c FILE\n", stderr);
    return static_cast<int>(strata::Exit_Code::usage);
  }
  return static_cast<int>(strata::Daemon{strata::linked_kinds()}.run(argv[2]));
}
