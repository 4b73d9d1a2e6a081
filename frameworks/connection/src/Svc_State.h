// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <system_error>

#include <strata/connection/Offload.h>
#include <strata/connection/Svc_Handler.h>
#include <strata/reactor/Run_Context.h>
#include <strata/timers/Timer_Node.h>
#include <strata/wrappers/Message_Block.h>

namespace strata {
inline namespace v1 {

/// Kinds of nodes in the reactor's timer queue; 0 is the reactor's own.
inline constexpr unsigned idle_timer_kind = 1;
inline constexpr unsigned write_timer_kind = 2;

/// Bits of Svc_Handler::flags_.
namespace svc {
inline constexpr std::uint16_t end_seen = 1;        ///< the peer sent FIN
inline constexpr std::uint16_t end_wanted = 2;      ///< FIN after the queue
inline constexpr std::uint16_t end_sent = 4;        ///< FIN is out
inline constexpr std::uint16_t closing = 8;         ///< close_when_flushed
inline constexpr std::uint16_t lingering = 16;      ///< closing, FIN is out: input is read away
inline constexpr std::uint16_t closed = 32;         ///< close or abort: nothing more goes or comes
inline constexpr std::uint16_t aborted = 64;        ///< RST instead of FIN
inline constexpr std::uint16_t paused = 128;        ///< the queue is above its high-water mark
inline constexpr std::uint16_t draining = 256;      ///< close_when_idle
inline constexpr std::uint16_t heard = 512;         ///< something was delivered since it was cleared
inline constexpr std::uint16_t redeliver = 1024;    ///< resumed with bytes left unread
inline constexpr std::uint16_t above = 4096;        ///< the hook that runs began above the high-water mark
inline constexpr std::uint16_t listened = 8192;     ///< draining, and a turn has passed in which something could come
inline constexpr std::uint16_t no_more = end_wanted | closing | closed;  ///< puts are refused
}  // namespace svc

class Offload_Stay;

/// What only a busy or blocked connection needs; made when first needed. The node is the write timer's, then linger's.
struct Svc_Handler::Cold : Timer_Node {
  explicit Cold(Svc_Handler& handler) noexcept : owner(handler) {}
  Svc_Handler& owner;
  Message_Block queue;
  std::unique_ptr<std::byte[]> unread;
  std::size_t unread_size = 0;
  std::error_code reason;  ///< of close_when_flushed
  std::unique_ptr<Offload> offloads;     ///< the first of those under way
  std::shared_ptr<Offload_Stay> stay;    ///< what workers keep of it; made by the first
};

/// Brackets a user's hook: opens the thread's cork for the connection, and sends what was put when the hook is over. A
/// hook inside another connection's hook has no cork of its own; what it puts leaves at the turn's flush.
class Svc_Handler::Hook {
 public:
  explicit Hook(Svc_Handler& handler) noexcept : handler_(handler), context_(handler.home().context()) {
    if (context_ != nullptr && context_->corked_by == nullptr) {
      context_->corked_by = &handler;
      corking_ = true;
      handler.is(svc::paused) ? handler.set(svc::above) : handler.unset(svc::above);
    }
  }
  Hook(const Hook&) = delete;
  Hook& operator=(const Hook&) = delete;
  ~Hook() {  // after an exception the cork still has something
    if (!corking_) return;
    context_->corked = 0;
    context_->corked_by = nullptr;
  }
  bool pending() const noexcept { return corking_ && context_->corked != 0; }
  /// The hook's result, or why its bytes could not be sent.
  Result<> end(const Result<>& result) {
    if (!pending()) return result;
    const Result<> flushed = handler_.flush_cork();
    return result ? flushed : result;
  }

 private:
  Svc_Handler& handler_;
  Run_Context* context_;
  bool corking_ = false;
};

}  // namespace v1
}  // namespace strata
