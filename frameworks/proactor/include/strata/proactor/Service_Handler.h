// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <system_error>
#include <utility>

#include <strata/os/Export.h>
#include <strata/os/Handle.h>
#include <strata/os/Monitor.h>
#include <strata/os/Socket_Address.h>
#include <strata/proactor/Operation.h>
#include <strata/proactor/Proactor.h>
#include <strata/reactor/Event_Handler.h>
#include <strata/reactor/Handler_Ref.h>
#include <strata/reactor/Reactor.h>
#include <strata/wrappers/Message_Block.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

struct Asynch_Operation;

/// For who wants operations and buffers of their own (ACE_Service_Handler): starts them on one handle, and is told of
/// each completion by a hook, exactly once. Given to a Proactor; owned by its reactor. @threads home: its hooks
///
/// Reads, accepts and operations of a file complete in the order in which they were started, and so do writes and
/// connects. No hook is called inside a start. A hook that returns an error closes with that reason.
///
/// One rule for all that ends an operation early, be it `cancel`, a deadline or `close`: it is asked to end, and it
/// completes once, with errc::canceled (or timed_out), or with what it had come to by then. Its buffer is its own until
/// that.
class Service_Handler : public Event_Handler {
 public:
  template <class T = void>
  using Result = strata::Result<T>;
  using Completed = strata::Completed;

  ~Service_Handler() override;

  /// It may start operations; before any other hook.
  virtual Result<> open() { return {}; }
  virtual Result<> handle_read(Completed /*read*/) { return {}; }
  virtual Result<> handle_write(Completed /*written*/) { return {}; }
  virtual Result<> handle_accept(Completed /*accepted*/) { return {}; }
  virtual Result<> handle_connect(Completed /*connected*/) { return {}; }
  virtual Result<> handle_sync(Completed /*synced*/) { return {}; }
  /// Instead of these where `failed.error` is set. Default: one that was canceled is no reason to close; others are.
  virtual Result<> handle_failure(Completed failed);
  /// After the last completion; but where the reactor ends, or a hook has thrown, no completion follows it.
  void handle_close(std::error_code /*reason*/) noexcept override {}

  Proactor& proactor() const noexcept { return *proactor_; }
  Reactor& home() const noexcept { return *ref_.reactor(); }
  Handler_Ref ref() const noexcept { return ref_; }
  os::Handle handle() const noexcept final { return handle_.get(); }

  // Errors of all that start: broken_pipe (it closes), not_enough_memory, invalid_argument (a block without room to
  // read into). Then nothing completes, and the block that was given is gone.
  Result<> read(std::size_t most, Operation_Options options = {});           ///< into a new block
  Result<> read(Message_Block&& into, Operation_Options options = {});       ///< into its room
  Result<> write(Message_Block&& message, Operation_Options options = {});   ///< all of it
  Result<> accept(Operation_Options options = {});
  Result<> connect(const os::Socket_Address& peer, Operation_Options options = {});
  Result<> read_at(Message_Block&& into, std::uint64_t offset, Operation_Options options = {});
  Result<> write_at(Message_Block&& bytes, std::uint64_t offset, Operation_Options options = {});  ///< all of it
  Result<> sync(Operation_Options options = {});

  void cancel(Operation operation) noexcept;
  void cancel_all() noexcept;
  /// Cancels all, and closes when the last has completed. Nothing can be started any more.
  void close(std::error_code reason = {}) noexcept;
  std::size_t outstanding() const noexcept { return outstanding_; }  ///< started, and not completed

 protected:
  os::Unique_Handle release_handle() noexcept { return std::move(handle_); }  ///< in handle_close

 private:
  friend class Proactor;
  friend struct Asynch_Operation;
  /// In order.
  class List {
   public:
    bool empty() const noexcept { return first_ == nullptr; }
    Asynch_Operation* front() const noexcept { return first_; }
    void push(Asynch_Operation& one) noexcept;
    Asynch_Operation* pop() noexcept;
    bool remove(Asynch_Operation& one) noexcept;

   private:
    Asynch_Operation* first_ = nullptr;
    Asynch_Operation* last_ = nullptr;
  };
  enum Direction : std::uint8_t { in, out };

  Result<> handle_input() final;
  Result<> handle_output() final;
  void handle_release(std::unique_ptr<Event_Handler> self) noexcept final;

  Result<> start(Asynch_Operation* operation, Operation_Options options);
  template <class Such>
  void end_those(Such such, std::error_code why) noexcept;
  void finish(Asynch_Operation& operation) noexcept;
  void end_taken_back() noexcept;
  void tell_later() noexcept;
  Result<> deliver();
  Result<> tell(Asynch_Operation& operation);
  void close_when_empty() noexcept;

  void run(Direction direction, bool tries) noexcept;
  void give_away(Asynch_Operation& operation) noexcept;
  void arrived(Asynch_Operation& operation, std::int32_t result, bool in_the_loop) noexcept;
  Result<> take_up();
  void settle(Asynch_Operation& operation, std::int32_t result) noexcept;
  bool transfer(Asynch_Operation& operation) noexcept;
  void update_interest(bool told_in_vain = false) noexcept;

  Proactor* proactor_ = nullptr;
  Handler_Ref ref_;
  os::Unique_Handle handle_;
  List queues_[2];    ///< the first of each is under way
  List completed_;    ///< to be told of
  std::size_t untold_[2] = {};  ///< of these
  os::Monitor monitor_;  ///< of what follows, up to `kept_`
  Asynch_Operation* arrived_ = nullptr;  ///< came from the engine, not looked at: the last
  bool gone_ = false;                    ///< after its handle_close
  std::size_t away_ = 0;                 ///< with the engine
  std::unique_ptr<Reactor::Returned> kept_;  ///< this, when it has gone, until the engine has given all back
  std::size_t outstanding_ = 0;
  std::error_code reason_;
  os::Interest interest_ = os::Interest::none;
  bool file_ = false, closing_ = false, drained_ = true, connecting_ = false;
};

}  // namespace v1
}  // namespace strata
