// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdio>
#include <memory>
#include <utility>

#include <strata/os/Socket.h>
#include <strata/reactor/Reactor.h>
#include <strata/sim/Simulator.h>

using namespace strata;
using namespace std::chrono_literals;

class Once final : public Event_Handler {
 public:
  explicit Once(os::Unique_Handle handle) : handle_(std::move(handle)) {}
  ~Once() override { std::puts("  freed"); }
  os::Handle handle() const noexcept override { return handle_.get(); }
  Result<> handle_input() override { return std::puts("  input"), Result<>{}; }
  Result<> handle_output() override { return std::puts("  output"), fail(errc::canceled); }
  void handle_close(std::error_code) noexcept override { std::puts("  handle_close"); }

 private:
  os::Unique_Handle handle_;
};

int main() {
  sim::Simulator world{1};
  const std::unique_ptr<Reactor> reactor = *Reactor::open();
  os::Handle_Pair pair = *os::socket_pair();
  (void)os::send(pair.second.get(), as_bytes("x"));

  (void)reactor->adopt(std::make_unique<Once>(std::move(pair.first)), Event_Mask::both);
  const Timer timer = reactor->schedule(1ms, [] { std::puts("  timer"); });
  (void)reactor->post([&] {
    std::puts("  post");
    (void)reactor->post([] { std::puts("  what the post posted"); });
  });
  world.advance(2ms);

  std::puts("turn 1");
  (void)reactor->run_one();
  std::puts("turn 2");
  (void)reactor->run_one();
}
