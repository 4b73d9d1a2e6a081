// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include <strata/os/Export.h>
#include <strata/os/Handle.h>
#include <strata/os/Result.h>
#include <strata/reactor/Handler_Ref.h>
#include <strata/reactor/Reactor.h>
#include <strata/wrappers/Message_Block.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

class Proactor_Core;
class Service_Handler;

/// Who carries out operations.
enum class Proactor_Engine : std::uint8_t {
  automatic,  ///< io_uring where the reactor's demultiplexer is one; else emulated
  io_uring,   ///< the ring that the reactor waits on
  emulated,   ///< the reactor tells of readiness, and the transfer is tried then; files by threads of its own
};

struct Proactor_Options {
  Proactor_Engine engine = Proactor_Engine::automatic;
  unsigned file_threads = 2;  ///< for what may block, on a ring, too; started when first needed
};

/// Starts operations, and has their completions told to the handlers that asked for them: POSA2's Proactor, over a
/// Reactor, in whose loop all happens. Opened on a reactor; to be destroyed before that, after `Reactor::end`.
class Proactor {
 public:
  /// Errors: not_supported (io_uring, and the reactor waits on something else), not_enough_memory.
  static Result<std::unique_ptr<Proactor>> open(Reactor& reactor, const Proactor_Options& options = {});
  Proactor(const Proactor&) = delete;
  Proactor& operator=(const Proactor&) = delete;
  ~Proactor();  ///< ends it; std::terminate where a handler of it is left

  /// Takes a handler for `handle`, a socket, pipe or file, and calls its `open()`. Freed on failure. Errors: those of
  /// Reactor::adopt. @threads home of the reactor
  Result<Handler_Ref> adopt(std::unique_ptr<Service_Handler> handler, os::Unique_Handle handle);
  /// The same for a file, or what else no demultiplexer takes.
  Result<Handler_Ref> adopt_file(std::unique_ptr<Service_Handler> handler, os::Unique_Handle handle);

  /// After Reactor::end: waits for what threads of files have begun, and frees the handlers that outlived their close
  /// for it. For who has handlers of a service that goes before this.
  void end() noexcept;

  /// An empty block of registered_size bytes, from the begin of a page, of memory that a ring knows: read_at and
  /// write_at of it save the look-up of its pages. It is a block as any other. 64 are so at a time; none where there is
  /// no ring, or RLIMIT_MEMLOCK forbids it. Error: not_enough_memory. @threads home of the reactor
  Result<Message_Block> registered_block() noexcept;
  static constexpr std::size_t registered_size = 16 * 1024;
  static constexpr std::size_t lent_size = 16 * 1024;  ///< bytes at most that a read into a lent block brings

  Reactor& reactor() const noexcept;
  const char* engine() const noexcept;  ///< "io_uring" or "emulated"
  std::size_t started() const noexcept;    ///< operations since `open`. @threads any
  std::size_t completed() const noexcept;  ///< of these. @threads any

 private:
  friend class Asynch_Acceptor_Base;
  friend class Service_Handler;
  explicit Proactor(std::unique_ptr<Proactor_Core> core) noexcept;
  Result<Handler_Ref> adopt(std::unique_ptr<Service_Handler> handler, os::Unique_Handle handle, bool file);
  Result<> take(Service_Handler& handler) noexcept;
  Result<Handler_Ref> start(std::unique_ptr<Service_Handler> handler);
  std::unique_ptr<Proactor_Core> core_;
};

}  // namespace v1
}  // namespace strata
