// SPDX-License-Identifier: Apache-2.0
// An echo by operations, and one who calls it; on the mechanism that is named.
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <utility>

#include <strata/os/Socket.h>
#include <strata/proactor/Proactor.h>
#include <strata/proactor/Service_Handler.h>
#include <strata/reactor/Reactor.h>
#include <strata/reactor/Reactor_Options.h>

using namespace strata;
using namespace std::chrono_literals;

namespace {

class Echo final : public Service_Handler {
  Result<> open() override { return read(); }
  Result<> handle_read(Completed got) override { return write(std::move(got.block)); }
  Result<> handle_write(Completed) override { return read(); }
};

class Greeter final : public Service_Handler {
  Result<> open() override { return accept(); }
  Result<> handle_accept(Completed got) override {
    (void)proactor().adopt(std::make_unique<Echo>(), std::move(got.handle));
    return accept();
  }
};

class Caller final : public Service_Handler {
 public:
  explicit Caller(const os::Socket_Address& echo) : echo_(echo) {}

 private:
  Result<> open() override { return connect(echo_, {.deadline = 1s}); }
  Result<> handle_connect(Completed) override { return write(*Message_Block::copy(as_bytes("hello"))); }
  Result<> handle_write(Completed) override { return read(4096, {.deadline = 1s}); }
  Result<> handle_read(Completed got) override {
    const auto text = as_text(got.block.readable());
    std::printf("%zu bytes came back: %.*s\n", got.size, static_cast<int>(text.size()), text.data());
    close();
    return {};
  }
  void handle_close(std::error_code) noexcept override { home().stop(); }

  os::Socket_Address echo_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::unique_ptr<Reactor> reactor = *Reactor::open({.demultiplexer = argc > 1 ? argv[1] : "auto"});
  const std::unique_ptr<Proactor> proactor = *Proactor::open(*reactor);

  os::Unique_Handle listener = *os::open_socket(os::Family::ipv4, os::Socket_Kind::stream);
  const auto loopback = os::Socket_Address::ipv4(std::array<std::uint8_t, 4>{127, 0, 0, 1}, 0);
  if (!os::bind(listener.get(), loopback) || !os::listen(listener.get(), 16)) return 1;
  const os::Socket_Address address = *os::local_address(listener.get());

  (void)proactor->adopt(std::make_unique<Greeter>(), std::move(listener));
  (void)proactor->adopt(std::make_unique<Caller>(address), *os::open_socket(os::Family::ipv4, os::Socket_Kind::stream));
  (void)reactor->run();
  reactor->end(errc::stopping);  // of what is left, before the proactor goes
}
