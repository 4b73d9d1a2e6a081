// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Handle_Passing.h>

#include <algorithm>
#include <array>
#include <cstring>

#include <sys/socket.h>
#include <unistd.h>

#include "linux/Native.h"

namespace strata::inline v1::os {
namespace native {
namespace {

struct Control {
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(max_passed_handles * sizeof(int))> bytes;
};

/// Those that were passed go to `out`, as far as there is room; how many came.
std::size_t take(msghdr& message, Handle* out, std::size_t room) {
  std::size_t came = 0;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i, ++came) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(part) + i * sizeof descriptor, sizeof descriptor);
      came < room ? static_cast<void>(out[came] = Handle{descriptor}) : static_cast<void>(::close(descriptor));
    }
  }
  return came;
}

}  // namespace

Raw send_handles(Handle handle, const std::byte* data, std::size_t size, const Handle* passed, std::size_t count) {
  Control control{};
  iovec part{const_cast<std::byte*>(data), size};  // sendmsg(2) only reads it
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (count != 0) {
    message.msg_control = control.bytes.data();
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    for (std::size_t i = 0; i < count; ++i) {
      const int descriptor = passed[i].value();
      std::memcpy(CMSG_DATA(header) + i * sizeof descriptor, &descriptor, sizeof descriptor);
    }
  }
  return raw_of(::sendmsg(handle.value(), &message, MSG_NOSIGNAL));
}

Raw receive_handles(Handle handle, std::byte* data, std::size_t size, Handle* passed, std::size_t& count) {
  Control control{};
  iovec part{data, size};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes.data();
  message.msg_controllen = control.bytes.size();
  const Raw raw = raw_of(::recvmsg(handle.value(), &message, MSG_CMSG_CLOEXEC));
  if (raw < 0) return raw;
  const std::size_t room = count;
  const std::size_t came = take(message, passed, room);
  count = std::min(came, room);
  if (came <= room && (message.msg_flags & MSG_CTRUNC) == 0) return raw;
  for (std::size_t i = 0; i < count; ++i) ::close(passed[i].value());
  return -Raw{EMSGSIZE};
}

}  // namespace native
}  // namespace strata::inline v1::os
