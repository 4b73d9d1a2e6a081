// SPDX-License-Identifier: Apache-2.0
// The floor for completions: an echo server on io_uring as one writes it by hand. One ring of one thread, multishot
// accept, multishot receive into a ring of provided buffers, sends straight from those, closes; one system call a turn,
// io_uring_enter, hands over all that the last batch of completions asked for. `floor_uring [--port N]`
#include <liburing.h>

#include <array>
#include <cerrno>
#include <utility>

#include "common/Server_Setup.h"

namespace {

constexpr unsigned submissions = 256;
constexpr unsigned completions = 1024;  // beyond them the kernel keeps a list: nothing is lost
constexpr unsigned ring_flags =
    IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
using Buffer_Id = std::uint16_t;
// Of files that are ready the kernel looks at about 20 a turn; one that has much to read may still use them all up.
constexpr Buffer_Id buffer_count = 256;
constexpr unsigned buffer_size = 16 * 1024;
constexpr std::size_t stride = buffer_size + 64;  // beginnings that do not all fall into the same sets of the caches
constexpr Buffer_Id no_buffer = buffer_count;
constexpr int group = 0;
constexpr std::size_t most_descriptors = 1 << 16;

enum class Op : std::uint64_t { accept, receive, send, close };

// What is received and not yet sent is a list of buffers; one send at a time, so that bytes stay in order.
struct Connection {
  Buffer_Id first = no_buffer;
  Buffer_Id last = no_buffer;
  std::uint16_t sent = 0;  // bytes of the first
  bool receiving = false;
  bool starved = false;
  bool ended = false;
  bool broken = false;
};

struct Received {
  Buffer_Id next = no_buffer;
  std::uint16_t size = 0;
};

alignas(4096) std::array<char, buffer_count * stride> memory;
std::array<Received, buffer_count> received;
std::array<Connection, most_descriptors> connections;
std::array<int, most_descriptors> starved;  // a queue, its indices 16 bits

char* address(Buffer_Id id) { return memory.data() + id * stride; }

class Server {
 public:
  explicit Server(int listener) : listener_(listener) {
    io_uring_params parameters{};
    parameters.flags = ring_flags;
    parameters.cq_entries = completions;
    require(io_uring_queue_init_params(submissions, &ring_, &parameters), "io_uring_queue_init_params");
    const std::size_t size = buffer_count * sizeof(io_uring_buf);
    buffers_ = static_cast<io_uring_buf_ring*>(std::aligned_alloc(4096, size));
    bench::require(buffers_ != nullptr, "aligned_alloc");
    io_uring_buf_ring_init(buffers_);
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<std::uintptr_t>(buffers_);
    registration.ring_entries = buffer_count;
    registration.bgid = group;
    require(io_uring_register_buf_ring(&ring_, &registration, 0), "io_uring_register_buf_ring");
    for (Buffer_Id id = 0; id < buffer_count; ++id) give_back(id);
    accept();
  }

  [[noreturn]] void run() {
    for (;;) turn();
  }

 private:
  static void require(int result, const char* what) {
    errno = -result;
    bench::require(result >= 0, what);
  }

  void turn() {
    io_uring_buf_ring_advance(buffers_, std::exchange(given_back_, 0));
    const int submitted = io_uring_submit_and_wait(&ring_, 1);
    if (submitted != -EINTR && submitted != -EAGAIN && submitted != -EBUSY) require(submitted, "io_uring_enter");
    unsigned head = 0;
    unsigned count = 0;
    io_uring_cqe* completion = nullptr;
    io_uring_for_each_cqe(&ring_, head, completion) {
      complete(*completion);
      ++count;
    }
    io_uring_cq_advance(&ring_, count);
    if (first_starved_ != end_starved_) feed_starved();
  }

  void complete(const io_uring_cqe& completion) {
    const auto fd = static_cast<int>(completion.user_data & 0xffff'ffff);
    switch (static_cast<Op>(completion.user_data >> 32)) {
      case Op::accept: return accepted(completion);
      case Op::receive: return has_received(fd, completion);
      case Op::send: return has_sent(fd, completion.res);
      case Op::close: return;
    }
  }

  io_uring_sqe* entry(Op op, int fd) {
    io_uring_sqe* found = io_uring_get_sqe(&ring_);
    while (found == nullptr) {
      io_uring_submit(&ring_);
      found = io_uring_get_sqe(&ring_);
    }
    found->user_data = static_cast<std::uint64_t>(op) << 32 | static_cast<std::uint32_t>(fd);
    return found;
  }

  void accept() {
    io_uring_prep_multishot_accept(entry(Op::accept, listener_), listener_, nullptr, nullptr, SOCK_CLOEXEC);
  }

  void accepted(const io_uring_cqe& completion) {
    if (completion.res >= 0) {
      connections.at(static_cast<std::size_t>(completion.res)) = {};
      receive(completion.res);
    }
    if ((completion.flags & IORING_CQE_F_MORE) != 0) return;
    if (completion.res >= 0) {
      accept();
    } else {
      refused_ = true;  // no descriptor left: again once one is
    }
  }

  void receive(int fd) {
    connections[static_cast<std::size_t>(fd)].receiving = true;
    io_uring_sqe* const found = entry(Op::receive, fd);
    io_uring_prep_recv_multishot(found, fd, nullptr, 0, 0);
    found->flags |= IOSQE_BUFFER_SELECT;
    found->buf_group = group;
  }

  void has_received(int fd, const io_uring_cqe& completion) {
    Connection& connection = connections[static_cast<std::size_t>(fd)];
    const bool more = (completion.flags & IORING_CQE_F_MORE) != 0;
    connection.receiving = more;
    if (completion.res > 0) {
      --free_;
      queue(fd, connection, static_cast<Buffer_Id>(completion.flags >> IORING_CQE_BUFFER_SHIFT),
            static_cast<std::uint16_t>(completion.res));
      if (!more && !connection.broken) receive(fd);
      connection.ended = !more && connection.broken;
    } else if (completion.res == -ENOBUFS && !connection.broken) {
      starved[end_starved_++] = fd;
      connection.starved = true;
    } else {
      connection.ended = true;
    }
    close_if_over(fd, connection);
  }

  void queue(int fd, Connection& connection, Buffer_Id id, std::uint16_t size) {
    if (connection.broken) return give_back(id);
    received[id] = {.size = size};
    if (connection.first == no_buffer) {
      connection.first = connection.last = id;
      send(fd, connection);
    } else {
      received[connection.last].next = id;
      connection.last = id;
    }
  }

  void send(int fd, const Connection& connection) {
    const Buffer_Id id = connection.first;
    io_uring_prep_send(entry(Op::send, fd), fd, address(id) + connection.sent, received[id].size - connection.sent,
                       MSG_NOSIGNAL | MSG_WAITALL);
  }

  void has_sent(int fd, int result) {
    Connection& connection = connections[static_cast<std::size_t>(fd)];
    if (result < 0) return break_off(fd, connection);
    connection.sent = static_cast<std::uint16_t>(connection.sent + result);
    if (connection.sent == received[connection.first].size) drop_first(connection);
    if (connection.first != no_buffer) return send(fd, connection);
    close_if_over(fd, connection);
  }

  void drop_first(Connection& connection) {
    const Buffer_Id id = connection.first;
    connection.first = received[id].next;
    connection.sent = 0;
    give_back(id);
  }

  // Not to be sent to any more. The receive ends by the shutdown, if it has not yet.
  void break_off(int fd, Connection& connection) {
    connection.broken = true;
    while (connection.first != no_buffer) drop_first(connection);
    if (connection.receiving || connection.starved) {
      shutdown(fd, SHUT_RDWR);
    } else {
      connection.ended = true;
    }
    close_if_over(fd, connection);
  }

  void close_if_over(int fd, const Connection& connection) {
    if (!connection.ended || connection.first != no_buffer) return;
    io_uring_sqe* const found = entry(Op::close, fd);
    io_uring_prep_close(found, fd);
    found->flags |= IOSQE_CQE_SKIP_SUCCESS;
    if (std::exchange(refused_, false)) accept();
  }

  void give_back(Buffer_Id id) {
    ++free_;
    io_uring_buf_ring_add(buffers_, address(id), buffer_size, id, io_uring_buf_ring_mask(buffer_count), given_back_++);
  }

  // As many as there are buffers, the longest starved first: the others would starve again.
  void feed_starved() {
    for (int left = free_; left > 0 && first_starved_ != end_starved_; --left) {
      const int fd = starved[first_starved_++];
      connections[static_cast<std::size_t>(fd)].starved = false;
      receive(fd);
    }
  }

  io_uring ring_{};
  io_uring_buf_ring* buffers_ = nullptr;
  int listener_;
  int given_back_ = 0;  // in this turn
  int free_ = 0;
  std::uint16_t first_starved_ = 0;
  std::uint16_t end_starved_ = 0;
  bool refused_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  bench::raise_descriptor_limit();
  const int listener = bench::bind_loopback(bench::port_argument(argc, argv));
  bench::set_option(listener, IPPROTO_TCP, TCP_NODELAY, 1);
  Server server(listener);
  bench::start_listening(listener);
  server.run();
}
