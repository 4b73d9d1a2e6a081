// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "common/Server_Setup.h"

namespace bench {

// Edge-triggered epoll; an event names what add() was given.
class Poller {
 public:
  Poller() : fd_(epoll_create1(EPOLL_CLOEXEC)) { require(fd_ >= 0, "epoll_create1"); }
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  ~Poller() { close(fd_); }

  void add(int fd, std::size_t index) const {
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.u64 = index}};
    require(epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
  }

  // Calls on_ready(index) for all that are ready, after at most so long.
  template <typename F>
  void wait(int milliseconds, F on_ready) {
    const int ready = epoll_wait(fd_, events_.data(), static_cast<int>(events_.size()), milliseconds);
    for (int i = 0; i < ready; ++i) on_ready(static_cast<std::size_t>(events_[static_cast<std::size_t>(i)].data.u64));
  }

 private:
  int fd_;
  std::array<epoll_event, 256> events_;
};

}  // namespace bench
