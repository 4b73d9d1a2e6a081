// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <system_error>

#include <strata/os/Completion_Port.h>
#include <strata/os/Handle.h>
#include <strata/os/Socket_Address.h>
#include <strata/proactor/Service_Handler.h>
#include <strata/reactor/Completion_Handler.h>
#include <strata/reactor/Reactor.h>
#include <strata/timers/Timer.h>
#include <strata/wrappers/Message_Block.h>

namespace strata {
inline namespace v1 {

/// One operation from its start to its completion. What a ring does of it is the ring's submission.
struct Asynch_Operation final : Completion_Handler {
  using Kind = Operation_Kind;
  enum class Way : std::uint8_t {
    ring,       ///< the kernel does it
    thread,     ///< a thread of files, as it may block
    readiness,  ///< it is tried, and tried again when the handle is ready
    none,       ///< there is nothing to be done
  };
  struct Rare;
  /// Asks for a cancel, and never in vain: what it needs has been made with it. @threads any
  struct Stop {
    void operator()() const noexcept { ask(*of, *owner, ref); }
    Rare* of;  // the operation itself is about to lose this, while the other thread is here
    Service_Handler* owner;
    Handler_Ref ref;
  };
  /// What few operations have.
  struct Rare {
    os::Socket_Address peer;
    Datagrams datagrams;
    std::uint64_t carried = 0;  ///< bytes of the datagrams that have moved
    Pipe_Block pipe;
    std::string name;
    os::Open_Mode mode = os::Open_Mode::read;
    os::Handle other;         ///< a file or folder that is not the handler's own
    os::Unique_Handle given;  ///< to be closed
    os::File_Status status;
    os::Exit_Status exit;
    bool more = false;        ///< names
    os::Gathered parts;       ///< of `block`
    std::unique_ptr<Reactor::Returned> stop_teller;  ///< until it is sent
    std::atomic<bool> stop_asked{false};
    std::optional<std::stop_callback<Stop>> stop;  ///< behind what it uses
    Timer retry;              ///< of a connect that was turned away
  };

  Asynch_Operation() noexcept : Completion_Handler(os::Request::poll) {}
  void handle_completion(const os::Ready& completion) noexcept override;
  /// As it was made, but for its id.
  void clear() noexcept;
  bool make_rare() noexcept {
    if (rare == nullptr) rare.reset(new (std::nothrow) Rare);
    return rare != nullptr;
  }
  /// False: memory is out.
  bool stop_by(const std::stop_token& token, Handler_Ref ref) noexcept;
  bool is_to_stop() const noexcept { return rare != nullptr && rare->stop_asked.load(std::memory_order_relaxed); }

  Way way() const noexcept;
  /// To the peer or from it.
  std::uint64_t bytes_moved() const noexcept {
    return kind == Kind::receive_datagrams || kind == Kind::send_datagrams ? rare->carried : moved;
  }
  /// What is held in memory until the peer takes it; a file waits for it on its disk.
  std::size_t waiting_bytes() const noexcept;
  bool has_nothing_to_do() const noexcept;
  /// It waits for what may never come.
  bool expects() const noexcept { return kind <= Kind::wait_exit || kind == Kind::timer; }
  /// A connect that waits for room in a local listener's queue: no readiness tells of that (connect(2), EAGAIN).
  bool is_turned_away() const noexcept { return kind == Kind::connect && begun && !connecting; }
  /// Without blocking: the emulation's third step. A number, or a std::errc negated.
  std::int32_t try_now() noexcept;
  void do_on_a_thread() noexcept { owner->arrived(*this, block_on_it(), false); }  ///< this may be gone then
  /// For the ring. False: memory is out.
  bool describe() noexcept;
  void take_lent() noexcept;       ///< into its block. @threads home
  void give_lent_back() noexcept;  ///< @threads home
  /// It has come to that: its end (true), or a part of it.
  bool take(std::int32_t result) noexcept;

  Service_Handler* owner = nullptr;
  Asynch_Operation *next_one = nullptr, *one_before = nullptr;  ///< in the list that it is in
  Asynch_Operation* next_arrived = nullptr;
  Asynch_Operation *next_waiting = nullptr, *waiting_before = nullptr;  ///< for a thread of files
  std::uint64_t id = 0;
  Message_Block block;
  std::uint64_t place = 0;   ///< in a file
  std::uint64_t wanted = 0;  ///< bytes, of send_file; names, of list
  std::size_t moved = 0;
  std::size_t charged = 0;   ///< to the budget of the service
  std::error_code error;
  std::error_code asked;     ///< why it is to end early
  os::Unique_Handle made;    ///< by an accept or an open
  Timer deadline;
  std::unique_ptr<Rare> rare;
  std::int32_t result = 0;   ///< from the engine, not looked at
  std::optional<std::uint16_t> lent;  ///< by a ring, with that
  Kind kind = Kind::read;
  std::uint8_t direction = 0;
  bool lends = false;        ///< its block is made when bytes have come
  bool away = false;         ///< the engine has it
  bool waiting = false;      ///< for a thread of files: File_Threads' own, as the two above are
  bool polled = false;       ///< and is to tell of readiness
  bool told = false;         ///< the handle is ready for it
  bool full = false;         ///< of send_file: the socket was
  bool connecting = false;
  bool begun = false;        ///< its turn has come
  bool finished = false;
  bool idle = false;         ///< close_when_idle has asked for its end, and nobody before
  std::uint8_t ending = 0;   ///< the emulation takes it back: 2, and 1 from the next flush on

 private:
  bool wait_for(os::Interest interest) noexcept;
  static void ask(Rare& of, Service_Handler& owner, Handler_Ref ref) noexcept;
  std::int32_t block_on_it() noexcept;
  std::int32_t receive() noexcept;
  std::int32_t receive_some() noexcept;
  std::int32_t send_some() noexcept;
  std::int32_t connect_now() noexcept;
  std::int32_t send_of_file() noexcept;
  std::int32_t list_names();
  bool take_read(std::size_t size) noexcept;
  bool take_written(std::size_t size) noexcept;
};

}  // namespace v1
}  // namespace strata
