// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Demultiplexer.h>

#include <array>

#include <poll.h>

#include "linux/Native.h"

namespace strata::inline v1::os {

std::span<const std::string_view> demultiplexer_names() noexcept {
  static constexpr std::array<std::string_view, 4> names{"auto", "epoll", "poll", "select"};
  return names;
}

namespace native {

const short poll_read_end = POLLRDHUP;

Result<std::unique_ptr<Demultiplexer>> open_demultiplexer(std::string_view name) {
  if (name == "auto" || name == "epoll") return open_epoll();
  if (name == "poll") return open_poll();
  if (name == "select") return open_select();
  return fail(name == "kqueue" ? std::errc::not_supported : std::errc::invalid_argument);
}

}  // namespace native
}  // namespace strata::inline v1::os
