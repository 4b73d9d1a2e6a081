// SPDX-License-Identifier: Apache-2.0
// The floor: an echo server as one writes it by hand, level-triggered. A churned connection is accept4, setsockopt,
// epoll_ctl, recv, send, recv = 0, close; a message is recv and send. `floor_epoll [--port N]`
#include <sys/epoll.h>

#include <array>
#include <cerrno>

#include "common/Server_Setup.h"
#include "floor/Send_All.h"

namespace {

constexpr int batch = 256;
std::array<char, 64 * 1024> buffer;

void accept_all(int poller, int listener) {
  for (;;) {
    const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
  }
}

void echo(int fd) {
  const ssize_t received = recv(fd, buffer.data(), buffer.size(), 0);
  if (received > 0 && bench::send_all(fd, buffer.data(), static_cast<size_t>(received))) return;
  if (received < 0 && errno == EAGAIN) return;
  close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  bench::raise_descriptor_limit();
  const int listener = bench::bind_loopback(bench::port_argument(argc, argv));
  const int poller = epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{.events = EPOLLIN, .data = {.fd = listener}};
  bench::require(epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event) == 0, "epoll_ctl");
  bench::start_listening(listener);
  std::array<epoll_event, batch> events;
  for (;;) {
    const int ready = epoll_wait(poller, events.data(), batch, -1);
    for (int i = 0; i < ready; ++i) {
      const int fd = events[static_cast<size_t>(i)].data.fd;
      if (fd == listener) {
        accept_all(poller, listener);
      } else {
        echo(fd);
      }
    }
  }
}
