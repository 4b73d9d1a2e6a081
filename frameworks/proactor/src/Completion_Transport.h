// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <strata/connection/Svc_Handler.h>
#include <strata/connection/Transport.h>
#include <strata/os/Monitor.h>
#include <strata/reactor/Completion_Handler.h>
#include <strata/reactor/Reactor.h>
#include <strata/wrappers/Message_Block.h>

namespace strata {
inline namespace v1 {

class Completion_Transport;

/// A send under way and its bytes: they left the thread's cork, which others need. Two lines of the caches for a short
/// one.
struct alignas(64) Send_Chunk final : Completion_Handler {
  static constexpr std::size_t capacity = 8 * 1024;
  Send_Chunk() noexcept : Completion_Handler(os::Request::send_now) {}
  void handle_completion(const os::Ready& completion) noexcept override;

  union {
    Completion_Transport* owner = nullptr;
    Send_Chunk* next;  ///< of the free ones
  };
  std::array<std::byte, capacity> bytes;  // NOLINT: not initialised
};
static_assert(sizeof(Send_Chunk) == 64 + Send_Chunk::capacity);

/// What the connections of one reactor share.
class Completion_Engine {
 public:
  explicit Completion_Engine(Reactor& reactor) noexcept : home(reactor), port(*reactor.completion_port()) {}
  Completion_Engine(const Completion_Engine&) = delete;
  Completion_Engine& operator=(const Completion_Engine&) = delete;
  ~Completion_Engine();
  std::unique_ptr<Send_Chunk> take_chunk() noexcept;  ///< null when memory is out
  void give_chunk(std::unique_ptr<Send_Chunk> chunk) noexcept;

  Reactor& home;
  os::Completion_Port& port;
  const os::Ready* current = nullptr;  ///< the completion whose upcall runs, where one thread runs them

 private:
  Send_Chunk* free_ = nullptr;
  std::size_t count_ = 0;  ///< of these
};

/// One connection on a completion port. A receive into lent buffers goes on as long as input is wanted; a send is for
/// what a hook has put, and takes only what there is room for: the rest comes back into the handler's queue. Whether
/// there is room again, and errors while nothing is read, a poll tells.
///
/// The handler has one hold on it, each operation another; who lets go of the last closes the descriptor and frees it.
/// In a pool completions are noted under what guards the reactor, and taken up in the handler's upcalls.
class Completion_Transport final : public Transport, public Completion_Handler {
 public:
  Completion_Transport(Completion_Engine& engine, os::Handle of);  ///< std::bad_alloc

  bool on_readiness() const noexcept override { return false; }
  Result<> want(Svc_Handler& handler, os::Interest directions) override;
  Result<> input(Svc_Handler& handler) override;
  Result<std::size_t> send(Svc_Handler& handler, std::span<const Const_Bytes> parts) override;
  bool sending() noexcept override;
  Result<> deliver_held(Svc_Handler& handler) override;
  Result<> shutdown_send(Svc_Handler& handler) override;
  void close(Svc_Handler& handler, bool abort) noexcept override;

  void handle_completion(const os::Ready& completion) noexcept override;  ///< of the receive
  void sent(std::int32_t result) noexcept;

 private:
  struct Aside;
  ~Completion_Transport() override;
  /// Bits of flags_.
  static constexpr std::uint8_t receiving = 1;  ///< the receive was submitted, and its last completion not taken up
  static constexpr std::uint8_t stopping = 2;   ///< and it was canceled
  static constexpr std::uint8_t wanted = 4;     ///< input
  static constexpr std::uint8_t ended = 8;      ///< an end or an error has come: nothing more will
  static constexpr std::uint8_t awaited = 16;   ///< handle_output is to follow the end of the send
  static constexpr std::uint8_t closed = 32;    ///< the handler has gone

  bool is(std::uint8_t flag) const noexcept { return (flags_ & flag) != 0; }
  void set(std::uint8_t flag) noexcept { flags_ = static_cast<std::uint8_t>(flags_ | flag); }
  void unset(std::uint8_t flag) noexcept { flags_ = static_cast<std::uint8_t>(flags_ & ~flag); }

  void hold() noexcept;
  void let_go() noexcept;
  void know(const Svc_Handler& handler) noexcept;
  Aside* aside() noexcept;
  Handler_Ref ref() const noexcept { return {engine_.home, token_}; }
  void submit_receive() noexcept;
  void submit_poll() noexcept;
  Result<> note(const os::Ready& completion) noexcept;
  bool awaits_room() const noexcept;
  Result<> watch(bool something, os::Interest directions);
  void polled(std::int32_t result) noexcept;
  static Result<> take_up(Event_Handler& handler, void*);
  static Result<> take_up_poll(Event_Handler& handler, void*);
  Result<> receive(Svc_Handler& handler, const os::Ready& completion);
  Result<> keep(Svc_Handler& handler, Const_Bytes bytes);
  Result<> tell_end(Svc_Handler& handler);

  Completion_Engine& engine_;
  std::uint64_t token_ = 0;  ///< the handler's; 0: nothing was submitted yet
  std::unique_ptr<Send_Chunk> sending_;
  std::unique_ptr<Aside> aside_;
  std::atomic<std::uint32_t> holds_{1};
  std::uint8_t flags_ = 0;
};

/// What only a connection needs that is not served at once.
struct Completion_Transport::Aside {
  struct Poll final : Completion_Handler {
    explicit Poll(Completion_Transport& transport) noexcept
        : Completion_Handler(os::Request::poll), owner(transport) {}
    void handle_completion(const os::Ready& completion) noexcept override { owner.polled(completion.result); }
    Completion_Transport& owner;
  };

  explicit Aside(Completion_Transport& transport) noexcept : poll(transport) {}
  bool holds() const noexcept { return !held.empty() || end_held; }

  Poll poll;
  bool polling = false;     ///< it was submitted, and its completion not taken up
  bool changing = false;    ///< and it was canceled
  bool awaits = false;      ///< it is to tell of `awaited`, and of errors
  bool hung_up = false;     ///< it has told of an end
  bool end_held = false;    ///< the stream's, behind what is held
  os::Interest awaited = os::Interest::none, asked = os::Interest::none;  ///< and what the one under way is to tell of
  std::int32_t result = 0;  ///< of the poll
  Message_Block held;       ///< came while nothing was wanted
  os::Monitor monitor;      ///< of `arrived`
  std::vector<os::Ready> arrived;  ///< in a pool: not taken up yet
};

}  // namespace v1
}  // namespace strata
