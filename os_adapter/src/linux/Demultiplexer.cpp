// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Demultiplexer.h>

#include <array>

#include <poll.h>

#include "linux/Native.h"

namespace strata::inline v1::os {

std::span<const std::string_view> demultiplexer_names() noexcept {
  static constexpr std::array<std::string_view, 5> names{"auto", "epoll", "io_uring", "poll", "select"};
  return names;
}

namespace native {

const short poll_read_end = POLLRDHUP;

namespace {

/// The first that opens; docs/adr/0012 has the figures behind the order.
Result<std::unique_ptr<Demultiplexer>> open_best() {
  for (const auto open : {open_epoll, open_io_uring, open_poll}) {
    Result<std::unique_ptr<Demultiplexer>> opened = open();
    if (opened || !is_refusal(opened.error())) return opened;
  }
  return open_select();
}

}  // namespace

Result<std::unique_ptr<Demultiplexer>> open_demultiplexer(std::string_view name) {
  if (name == "auto") return open_best();
  if (name == "epoll") return open_epoll();
  if (name == "io_uring") return open_io_uring();
  if (name == "poll") return open_poll();
  if (name == "select") return open_select();
  return fail(name == "kqueue" ? std::errc::not_supported : std::errc::invalid_argument);
}

}  // namespace native
}  // namespace strata::inline v1::os
