// SPDX-License-Identifier: Apache-2.0
// A file that is written and read without blocking the loop.
#include <cstdio>
#include <memory>
#include <utility>

#include <strata/os/Shared_Memory.h>
#include <strata/proactor/Proactor.h>
#include <strata/proactor/Service_Handler.h>
#include <strata/reactor/Reactor.h>

using namespace strata;

namespace {

class Note final : public Service_Handler {
  Result<> open() override {
    (void)write_at(*Message_Block::copy(as_bytes("one, two, five")), 0);
    (void)write_at(*Message_Block::copy(as_bytes("three")), 10);
    (void)sync();
    return read_at(*Message_Block::make(100), 0);
  }
  Result<> handle_write(Completed written) override {
    std::printf("%zu bytes written\n", written.size);
    return {};
  }
  Result<> handle_done(Completed) override { return std::puts("synced"), Result<>{}; }
  Result<> handle_read(Completed got) override {
    std::printf("read: %.*s\n", static_cast<int>(got.size), as_text(got.block.readable()).data());
    close();
    return {};
  }
  void handle_close(std::error_code) noexcept override { home().stop(); }
};

}  // namespace

int main() {
  const std::unique_ptr<Reactor> reactor = *Reactor::open();
  const std::unique_ptr<Proactor> proactor = *Proactor::open(*reactor);
  (void)proactor->adopt_file(std::make_unique<Note>(), *os::make_shared_memory());
  (void)reactor->run();
}
