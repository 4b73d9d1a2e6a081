// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/sendfile.h>

#include "linux/Native.h"

// Neither call knows MSG_NOSIGNAL, and both raise SIGPIPE as write(2) does.
namespace strata::inline v1::os::native {

Raw send_file(Handle socket, Handle file, std::uint64_t offset, std::size_t size) {
  block_broken_pipe();
  auto from = static_cast<off_t>(offset);
  return raw_of(::sendfile(socket.value(), file.value(), &from, size));
}

Raw splice(Handle from, Handle to, std::size_t size) {
  block_broken_pipe();
  constexpr unsigned flags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
  return raw_of(::splice(from.value(), nullptr, to.value(), nullptr, size, flags));
}

}  // namespace strata::inline v1::os::native
