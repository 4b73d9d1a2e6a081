// SPDX-License-Identifier: Apache-2.0
// Asio, standalone, a 16 KiB buffer a session: one io_context on one thread; or on N with a strand for each connection;
// or N io_contexts on a thread each, which get connections in turn. `peer_asio [--port N] [--threads N | --contexts N]`
#include <algorithm>
#include <array>
#include <asio.hpp>
#include <memory>
#include <vector>

#include "common/Crew.h"
#include "common/Server_Setup.h"

namespace {

using asio::ip::tcp;

class Session : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(tcp::socket socket) : socket_(std::move(socket)) {}

  void read() {
    socket_.async_read_some(asio::buffer(buffer_),
                            [self = shared_from_this()](std::error_code error, std::size_t size) {
                              if (!error) self->write(size);
                            });
  }

 private:
  void write(std::size_t size) {
    asio::async_write(socket_, asio::buffer(buffer_, size),
                      [self = shared_from_this()](std::error_code error, std::size_t) {
                        if (!error) self->read();
                      });
  }

  tcp::socket socket_;
  std::array<char, 16 * 1024> buffer_;
};

using Executor = asio::any_io_executor;

// Where the handlers of a connection run.
class Contexts {
 public:
  Contexts(unsigned contexts, unsigned threads) : strands_(threads > 1) {
    for (unsigned each = 0; each < contexts; ++each)
      all_.push_back(std::make_unique<asio::io_context>(static_cast<int>(threads)));
  }

  asio::io_context& at(unsigned index) { return *all_[index % all_.size()]; }

  Executor next() {
    asio::io_context& context = at(turn_++);
    return strands_ ? Executor(asio::make_strand(context)) : Executor(context.get_executor());
  }

 private:
  std::vector<std::unique_ptr<asio::io_context>> all_;
  unsigned turn_ = 0;
  bool strands_;
};

void accept(tcp::acceptor& acceptor, Contexts& contexts) {
  acceptor.async_accept(contexts.next(), [&](std::error_code error, tcp::socket socket) {
    if (!error) {
      socket.set_option(tcp::no_delay(true));
      std::make_shared<Session>(std::move(socket))->read();
    }
    accept(acceptor, contexts);
  });
}

}  // namespace

int main(int argc, char** argv) {
  bench::raise_descriptor_limit();
  const unsigned threads = bench::count_argument(argc, argv, "--threads");
  const unsigned loops = bench::count_argument(argc, argv, "--contexts");
  Contexts contexts(loops, threads);
  tcp::acceptor acceptor(contexts.at(0), tcp::v4());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  acceptor.bind({asio::ip::address_v4::loopback(), bench::port_argument(argc, argv)});
  acceptor.listen(bench::backlog);
  bench::announce(acceptor.local_endpoint().port());
  accept(acceptor, contexts);
  bench::run_crew(std::max(loops, threads), [&](unsigned index) {
    const auto work = asio::make_work_guard(contexts.at(index));
    contexts.at(index).run();
  });
}
