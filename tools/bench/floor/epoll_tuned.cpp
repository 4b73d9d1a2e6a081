// SPDX-License-Identifier: Apache-2.0
// The floor with every option that Strata has: edge-triggered, TCP_NODELAY inherited, a short read means drained, and
// by choice TCP_DEFER_ACCEPT with a read at accept, and polling before sleeping. `floor_epoll_tuned [--port N]
// [--defer] [--spin USEC]`
#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <chrono>

#include "common/Server_Setup.h"
#include "floor/Send_All.h"

namespace {

constexpr int batch = 256;
std::array<char, 64 * 1024> buffer;

// False when the connection is over. After a hang-up in the event a short read is the last one: the end itself need not
// be read.
bool echo(int fd, bool hung_up) {
  for (;;) {
    const ssize_t received = recv(fd, buffer.data(), buffer.size(), 0);
    if (received < 0) return errno == EAGAIN && !hung_up;
    if (received == 0 || !bench::send_all(fd, buffer.data(), static_cast<size_t>(received))) return false;
    if (static_cast<size_t>(received) < buffer.size()) return !hung_up;
  }
}

void accept_all(int poller, int listener, bool deferred) {
  for (;;) {
    const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    if (deferred && !echo(fd, false)) {
      close(fd);
      continue;
    }
    epoll_event event{.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data = {.fd = fd}};
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
  }
}

int wait(int poller, std::array<epoll_event, batch>& events, std::chrono::microseconds spin) {
  if (spin.count() > 0) {
    const auto end = std::chrono::steady_clock::now() + spin;
    do {
      const int ready = epoll_wait(poller, events.data(), batch, 0);
      if (ready != 0) return ready;
    } while (std::chrono::steady_clock::now() < end);
  }
  return epoll_wait(poller, events.data(), batch, -1);
}

}  // namespace

int main(int argc, char** argv) {
  const bool deferred = bench::has_flag(argc, argv, "--defer");
  const std::chrono::microseconds spin(std::strtol(bench::argument(argc, argv, "--spin", "0"), nullptr, 10));
  bench::raise_descriptor_limit();
  const int listener = bench::bind_loopback(bench::port_argument(argc, argv));
  bench::set_option(listener, IPPROTO_TCP, TCP_NODELAY, 1);
  if (deferred) bench::set_option(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, 1);
  const int poller = epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{.events = EPOLLIN, .data = {.fd = listener}};
  bench::require(epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event) == 0, "epoll_ctl");
  bench::start_listening(listener);
  std::array<epoll_event, batch> events;
  for (;;) {
    const int ready = wait(poller, events, spin);
    for (int i = 0; i < ready; ++i) {
      const epoll_event& each = events[static_cast<size_t>(i)];
      if (each.data.fd == listener) {
        accept_all(poller, listener, deferred);
      } else if (!echo(each.data.fd, (each.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)) {
        close(each.data.fd);
      }
    }
  }
}
