// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <memory>
#include <thread>

#include <strata/reactor/Reactor.h>

using namespace strata;

int main() {
  const std::unique_ptr<Reactor> reactor = *Reactor::open();
  int sum = 0;  // of the loop: no lock
  std::jthread worker{[&] {
    for (int i = 1; i <= 100; ++i) (void)reactor->post([&sum, i] { sum += i; });
    (void)reactor->post([&] { reactor->stop(); });
  }};
  (void)reactor->run();
  std::printf("1 + 2 + … + 100 = %d\n", sum);

  const Result<> late = reactor->post([] { std::puts("never printed"); });
  std::printf("a post to a stopped reactor: %s\n", late.error().message().c_str());
}
