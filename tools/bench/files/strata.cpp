// SPDX-License-Identifier: Apache-2.0
// Strata's operations of files, none of which waits for another, on either engine; the emulated one with four threads
// of files, as libuv and the pool have. `files_strata io_uring|emulated [--folder FOLDER]`
#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <strata/proactor/Proactor.h>
#include <strata/proactor/Service_Handler.h>
#include <strata/reactor/Reactor.h>
#include <strata/reactor/Reactor_Options.h>

#include "files/File_Bench.h"

namespace {

using namespace strata;

struct Block_Request : bench::File_Request {
  Message_Block block;  // what was read, and is written; `data` is in it
};

class File final : public Service_Handler {
 public:
  explicit File(std::size_t& in_flight) : in_flight_(in_flight) {}

  void read(Block_Request& request) {
    Message_Block room = std::move(*Message_Block::make(request.size));
    request.data = reinterpret_cast<char*>(room.writable().data());
    started(request, read_at(std::move(room), place(request), {.started = &last_, .parallel = true}));
  }
  void write(Block_Request& request) {
    started(request, write_at(std::move(request.block), place(request), {.started = &last_, .parallel = true}));
  }

 private:
  struct Under_Way {
    Operation operation;
    Block_Request* request;
  };

  static std::uint64_t place(const Block_Request& request) { return static_cast<std::uint64_t>(request.offset); }

  void started(Block_Request& request, const Result<>& begun) {
    bench::require(begun.has_value(), "start");
    under_way_.push_back({last_, &request});
    ++in_flight_;
  }

  Block_Request& take(Operation operation) {
    const auto found = std::ranges::find(under_way_, operation, &Under_Way::operation);
    bench::require(found != under_way_.end(), "an operation that was not started");
    Block_Request& request = *found->request;
    *found = under_way_.back();
    under_way_.pop_back();
    return request;
  }

  Result<> handle_read(Completed got) override {
    Block_Request& request = take(got.operation);
    request.block = std::move(got.block);
    return finish(request, got.size);
  }
  Result<> handle_write(Completed written) override { return finish(take(written.operation), written.size); }
  Result<> handle_failure(Completed failed) override {
    bench::require(failed.error == errc::canceled, failed.error.message().c_str());
    return {};
  }

  Result<> finish(Block_Request& request, std::size_t size) {
    request.done(request, static_cast<std::int64_t>(size));
    if (--in_flight_ == 0) home().stop();
    return {};
  }

  std::size_t& in_flight_;
  std::vector<Under_Way> under_way_;
  Operation last_;
};

class Files {
 public:
  using Request = Block_Request;

  explicit Files(Proactor_Engine engine)
      : reactor_(std::move(
            *Reactor::open({.demultiplexer = engine == Proactor_Engine::io_uring ? "io_uring" : "epoll"}))) {
    Result<std::unique_ptr<Proactor>> opened = Proactor::open(*reactor_, {.engine = engine, .file_threads = 4});
    bench::require(opened.has_value(), "no such engine here");
    proactor_ = std::move(*opened);
  }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  ~Files() { reactor_->end(errc::stopping); }

  void read(Request& request) { file(request.fd).read(request); }
  void write(Request& request) { file(request.fd).write(request); }
  void run() { bench::require(in_flight_ == 0 || reactor_->run().has_value(), "run"); }

 private:
  struct Opened {
    int fd;
    File* handler;
  };

  File& file(int fd) {
    const auto known = std::ranges::find(opened_, fd, &Opened::fd);
    if (known != opened_.end()) return *known->handler;
    auto made = std::make_unique<File>(in_flight_);
    File& handler = *made;
    bench::require(proactor_->adopt_file(std::move(made), *os::duplicate(os::Handle{fd})).has_value(), "adopt");
    opened_.push_back({fd, &handler});
    return handler;
  }

  std::unique_ptr<Reactor> reactor_;
  std::unique_ptr<Proactor> proactor_;
  std::vector<Opened> opened_;
  std::size_t in_flight_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string_view engine = argc > 1 ? argv[1] : "";
  if (engine == "io_uring") {
    bench::File_Bench<Files>("strata_proactor", argc, argv, Proactor_Engine::io_uring).run();
  } else if (engine == "emulated") {
    bench::File_Bench<Files>("strata_emulated", argc, argv, Proactor_Engine::emulated).run();
  } else {
    std::fputs("files_strata io_uring|emulated [--folder FOLDER]\n", stderr);
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
