// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <sys/epoll.h>

#include <strata/os/Demultiplexer.h>

// Bits of epoll(7), which a ring's polls share.
namespace strata::inline v1::os::native {

constexpr std::uint32_t events_of(Interest interest) noexcept {
  return (any(interest & Interest::input) ? EPOLLIN | EPOLLRDHUP : 0u) |
         (any(interest & Interest::output) ? EPOLLOUT : 0u);
}

constexpr std::uint8_t ready_of(std::uint32_t events) noexcept {
  const auto flag = [events](std::uint32_t from, std::uint8_t to) { return (events & from) / from * to; };
  return static_cast<std::uint8_t>(flag(EPOLLIN, Ready::input) | flag(EPOLLOUT, Ready::output) |
                                   flag(EPOLLERR, Ready::error) | flag(EPOLLHUP, Ready::hangup) |
                                   flag(EPOLLRDHUP, Ready::read_end));
}

}  // namespace strata::inline v1::os::native
