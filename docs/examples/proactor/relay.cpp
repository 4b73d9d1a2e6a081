// SPDX-License-Identifier: Apache-2.0
// Bytes that pass from one connection to another without being copied into this process.
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include <strata/os/Socket.h>
#include <strata/proactor/Proactor.h>
#include <strata/proactor/Service_Handler.h>
#include <strata/reactor/Reactor.h>

using namespace strata;

namespace {

class Source final : public Service_Handler {
 public:
  explicit Source(Service_Handler& sink) : sink_(sink) {}

 private:
  Result<> open() override { return read(*Pipe_Block::make()); }
  Result<> handle_read(Completed got) override { return sink_.write(std::move(got.pipe)); }
  void handle_close(std::error_code) noexcept override { sink_.close(); }

  Service_Handler& sink_;
};

class Sink final : public Service_Handler {
 public:
  Source* source = nullptr;

 private:
  Result<> handle_write(Completed written) override { return source->read(std::move(written.pipe)); }
};

/// One end writes, the other counts.
class Writer final : public Service_Handler {
  Result<> open() override { return write(*Message_Block::copy(as_bytes(std::string(1'000'000, 'x')))); }
  Result<> handle_write(Completed) override { return close(), Result<>{}; }
};
class Tally final : public Service_Handler {
  Result<> open() override { return read(65'536); }
  Result<> handle_read(Completed got) override {
    passed_ += got.size;
    return read(65'536);
  }
  void handle_close(std::error_code) noexcept override {
    std::printf("%zu bytes passed\n", passed_);
    home().stop();
  }
  std::size_t passed_ = 0;
};

}  // namespace

int main() {
  const std::unique_ptr<Reactor> reactor = *Reactor::open();
  const std::unique_ptr<Proactor> proactor = *Proactor::open(*reactor);
  os::Handle_Pair from = *os::socket_pair(), to = *os::socket_pair();

  auto sink = std::make_unique<Sink>();
  auto source = std::make_unique<Source>(*sink);
  sink->source = source.get();
  (void)proactor->adopt(std::move(sink), std::move(to.first));
  (void)proactor->adopt(std::move(source), std::move(from.first));
  (void)proactor->adopt(std::make_unique<Writer>(), std::move(from.second));
  (void)proactor->adopt(std::make_unique<Tally>(), std::move(to.second));
  (void)reactor->run();
  reactor->end(errc::stopping);
}
