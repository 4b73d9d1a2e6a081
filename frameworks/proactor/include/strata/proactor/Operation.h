// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <system_error>
#include <vector>

#include <strata/os/Clock.h>
#include <strata/os/Export.h>
#include <strata/os/File.h>
#include <strata/os/Handle.h>
#include <strata/os/Process.h>
#include <strata/os/Socket_Address.h>
#include <strata/proactor/Pipe_Block.h>
#include <strata/wrappers/Message_Block.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Names an operation of one Service_Handler. A value; never reused, so that one which has completed is refused.
struct Operation {
  std::uint64_t id = 0;  ///< 0: none
  explicit operator bool() const noexcept { return id != 0; }
  friend bool operator==(Operation, Operation) noexcept = default;
};

/// What was started.
enum class Operation_Kind : std::uint8_t {
  read,
  receive_datagrams,
  read_pipe,
  accept,
  poll_input,
  wait_exit,
  write,
  send_datagrams,
  write_pipe,
  send_file,
  connect,
  poll_output,
  read_at,
  write_at,
  sync,
  open,
  status,
  list,
  close,
  timer,
};

/// A std::stop_token. Its header costs each user 0.4 s, so <strata/proactor/Stop_Token.h> has what makes one of it. A
/// value; one may stop many operations.
class Stop_Signal {
 public:
  Stop_Signal() noexcept = default;  ///< never
  template <class Token>
    requires requires(const Token& token) { token.stop_requested(); }
  Stop_Signal(const Token&) {  // NOLINT: the token itself may stand where this is wanted. Throws std::bad_alloc
    static_assert(sizeof(Token) == 0, "#include <strata/proactor/Stop_Token.h>");
  }

 private:
  friend class Service_Handler;
  struct Box;
  std::shared_ptr<const Box> box_;
};

struct Operation_Options {
  Duration deadline{};           ///< it is canceled after that: timed_out; 0: never
  Operation* started = nullptr;  ///< gets its name, for `cancel`
  Stop_Signal stop{};            ///< cancels it, from whatever thread it is asked
  bool parallel = false;         ///< of a file: waits for none before it, and none behind it for this
};

/// One of several that are moved by one operation.
struct Datagram {
  Message_Block block;         ///< its bytes; to receive into: the room for them
  os::Socket_Address peer{};   ///< to send: unspecified where the socket is connected
  bool truncated = false;      ///< it was longer than the room
};
using Datagrams = std::vector<Datagram>;

/// What an operation's one completion tells. Its buffer comes back, however it ended.
struct Completed {
  Operation operation;
  Operation_Kind kind = Operation_Kind::read;
  /// None: done. errc::canceled (`cancel`, `close`, a stop_token), timed_out (its deadline), errc::end_of_stream (of a
  /// read: nothing came before it; of send_file: the file has ended), or the system's.
  std::error_code error;
  std::size_t size = 0;        ///< bytes moved, of one that failed, too; of datagrams their number
  Message_Block block;         ///< what was read; of a write, what is left; of `list` names, each with a NUL behind it
  bool more = false;           ///< of `list`: the folder has others
  os::Unique_Handle handle;    ///< of an accept, an open
  Datagrams datagrams;         ///< the first `size` have come; of those to be sent, what is left
  Pipe_Block pipe;
  os::File_Status status;
  os::Exit_Status exit;
};

}  // namespace v1
}  // namespace strata
