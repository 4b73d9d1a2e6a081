// SPDX-License-Identifier: Apache-2.0
// The ends that an operation may have, on virtual time.
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include <strata/os/Socket.h>
#include <strata/proactor/Proactor.h>
#include <strata/proactor/Service_Handler.h>
#include <strata/reactor/Reactor.h>
#include <strata/sim/Simulator.h>

using namespace strata;
using namespace std::chrono_literals;

namespace {

class Reader final : public Service_Handler {
 public:
  explicit Reader(sim::Simulator& world) : world_(world), begin_(world.now()) {}
  ~Reader() override { say("freed"); }

 private:
  Result<> open() override {
    (void)read(100, {.started = &first_});
    (void)read(100);
    (void)read(100, {.deadline = 30ms});
    (void)read(100);
    canceling_ = home().schedule(ref(), 10ms, [this] { cancel(first_); });
    closing_ = home().schedule(ref(), 40ms, [this] { close(errc::shed); });
    return {};
  }
  Result<> handle_read(Completed got) override { return say(std::string{as_text(got.block.readable())}), Result<>{}; }
  Result<> handle_failure(Completed failed) override { return say(failed.error.message()), Result<>{}; }
  void handle_close(std::error_code reason) noexcept override { say("handle_close, " + reason.message()); }

  void say(const std::string& what) const {
    const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(world_.now() - begin_);
    std::printf("%2d ms: %s\n", static_cast<int>(passed.count()), what.c_str());
  }

  sim::Simulator& world_;
  Time_Point begin_;
  Operation first_;
  Timer canceling_, closing_;
};

}  // namespace

int main() {
  sim::Simulator world{1};
  const std::unique_ptr<Reactor> reactor = *Reactor::open();
  const std::unique_ptr<Proactor> proactor = *Proactor::open(*reactor);
  os::Handle_Pair pair = *os::socket_pair();
  (void)proactor->adopt(std::make_unique<Reader>(world), std::move(pair.first));

  world.after(20ms, [&] { (void)os::send(pair.second.get(), as_bytes("hello")); });
  (void)reactor->run_for(50ms);
}
