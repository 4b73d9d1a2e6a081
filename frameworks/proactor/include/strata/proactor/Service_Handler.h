// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include <strata/connection/Connection_Handler.h>
#include <strata/os/Export.h>
#include <strata/os/File.h>
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
/// Operations stand in three queues, each of which has one under way at a time and completes in the order in which they
/// were started: what comes in (read, receive_datagrams, accept, poll for input, wait_exit), what goes out (write,
/// send_datagrams, send_file, connect, poll for output), and files (from read_at to close_file). Those that are
/// `parallel`, and timers, wait for none. No hook is called inside a start. A hook that returns an error closes with
/// that reason.
///
/// One rule for all that ends an operation early, be it `cancel`, a deadline, a stop_token or `close`: it is asked to
/// end, and it completes once, with errc::canceled (or timed_out), or with what it had come to by then. Its buffer is
/// its own until that. What a thread of files has begun is not ended by it, nor is close_file: they complete when they
/// are done.
class Service_Handler : public Connection_Handler {
 public:
  template <class T = void>
  using Result = strata::Result<T>;
  using Completed = strata::Completed;

  ~Service_Handler() override;

  /// It may start operations; before any other hook.
  virtual Result<> open() { return {}; }
  virtual Result<> handle_read(Completed /*read*/) { return {}; }      ///< bytes or datagrams have come
  virtual Result<> handle_write(Completed /*written*/) { return {}; }  ///< all are gone; of send_file, too
  virtual Result<> handle_accept(Completed /*accepted*/) { return {}; }
  virtual Result<> handle_connect(Completed /*connected*/) { return {}; }
  virtual Result<> handle_done(Completed /*done*/) { return {}; }  ///< all others: see `kind`
  /// Instead of these where `failed.error` is set. Default: one that was canceled is no reason to close; others are.
  virtual Result<> handle_failure(Completed failed);
  /// After the last completion; but where the reactor ends, or a hook has thrown, no completion follows it.
  void handle_close(std::error_code /*reason*/) noexcept override {}
  /// Its service ends. Default: close when what has arrived is answered and sent.
  virtual void handle_drain() { close_when_idle(); }

  Proactor& proactor() const noexcept { return *proactor_; }
  os::Handle handle() const noexcept final { return handle_.get(); }

  // Errors of all that start: broken_pipe (it closes), not_enough_memory, invalid_argument (no room to read into, more
  // than os::max_datagrams, a pipe that is not empty, a place that no file has, `parallel` of what is no file's),
  // no_buffer_space (bytes, datagrams or a pipe to be written, behind others or of more than 8 KiB, are charged to the
  // budget of its service until they are told of, and it has no room). Then nothing completes, and the buffer that was
  // given is gone. Handles that are named must stay open until the completion.
  /// Into a block that the engine lends when bytes have come (Proactor::lent_size): until then none is needed.
  Result<> read(Operation_Options options = {});
  Result<> read(std::size_t most, Operation_Options options = {});           ///< into a new block
  Result<> read(Message_Block&& into, Operation_Options options = {});       ///< into its room
  Result<> read(Pipe_Block&& into, Operation_Options options = {});          ///< some bytes, uncopied
  Result<> write(Message_Block&& message, Operation_Options options = {});   ///< all of it
  Result<> write(Pipe_Block&& from, Operation_Options options = {});         ///< all of it
  Result<> accept(Operation_Options options = {});
  Result<> connect(const os::Socket_Address& peer, Operation_Options options = {});
  /// As many as have come, at least one. What ICMP tells of those that were sent before is passed over (udp(7)).
  Result<> receive_datagrams(Datagrams&& rooms, Operation_Options options = {});
  /// All; it fails with the error of the first that cannot be sent, which then is the first of what is left.
  Result<> send_datagrams(Datagrams&& datagrams, Operation_Options options = {});
  /// `size` bytes from `offset` on, uncopied (sendfile(2)).
  Result<> send_file(os::Handle file, std::uint64_t offset, std::uint64_t size, Operation_Options options = {});
  Result<> poll(os::Interest direction, Operation_Options options = {});     ///< input or output: would not block
  Result<> wait_exit(Operation_Options options = {});                        ///< of the process that is the handle
  Result<> wait(Duration after, Operation_Options options = {});             ///< a timer; its deadline is `after`
  Result<> read_at(Message_Block&& into, std::uint64_t offset, Operation_Options options = {});
  Result<> write_at(Message_Block&& bytes, std::uint64_t offset, Operation_Options options = {});  ///< all of it
  Result<> sync(Operation_Options options = {});
  /// Within a folder, whatever `name` says: os::open_beneath.
  Result<> open_file(os::Handle folder, std::string name, os::Open_Mode mode, Operation_Options options = {});
  Result<> status(os::Handle file, Operation_Options options = {});
  /// At most so many names: os::list_directory.
  Result<> list(os::Handle folder, std::size_t most, Operation_Options options = {});
  Result<> close_file(os::Unique_Handle file, Operation_Options options = {});

  void cancel(Operation operation) noexcept;
  void cancel_all() noexcept;
  /// Cancels all, and closes when the last has completed. Nothing can be started any more.
  void close(std::error_code reason = {}) noexcept;
  /// Closes when nothing is outstanding but reads and accepts for which nothing has come, errc::stopping: these are
  /// canceled, and what their hooks start is awaited, too.
  void close_when_idle() noexcept;
  std::size_t outstanding() const noexcept { return outstanding_; }  ///< started, and not completed

 protected:
  os::Unique_Handle release_handle() noexcept { return std::move(handle_); }  ///< in handle_close

 private:
  friend class Proactor;
  friend struct Asynch_Operation;
  /// In order; any leaves it in a few steps, as thousands may be aside.
  class List {
   public:
    bool empty() const noexcept { return first_ == nullptr; }
    Asynch_Operation* front() const noexcept { return first_; }
    void push(Asynch_Operation& one) noexcept;
    Asynch_Operation* pop() noexcept;
    void remove(Asynch_Operation& one) noexcept;  ///< which is in it

   private:
    Asynch_Operation* first_ = nullptr;
    Asynch_Operation* last_ = nullptr;
  };
  class Guard;  ///< in Proactor_Core.h
  enum Direction : std::uint8_t { in, out, files, aside };  ///< of a queue; those aside wait for none
  static constexpr std::size_t directions = 4;

  Result<> handle_input() final;
  Result<> handle_output() final;
  void handle_release(std::unique_ptr<Event_Handler> self) noexcept final;

  Proactor_Core& core() const noexcept;
  Asynch_Operation* make_rare(Operation_Kind kind, os::Handle other = {}) noexcept;
  static Direction direction_of(Operation_Kind kind) noexcept;
  void take_socket(os::Unique_Handle handle) noexcept final;
  Result<Handler_Ref> begin_connection(std::unique_ptr<Connection_Handler> self, bool first_read) final;
  Result<> ask_to_drain() final;
  Result<> end_idle() final;
  Result<> count_started(Asynch_Operation& operation) noexcept;
  void count_completed(Asynch_Operation& operation) noexcept;
  void end_when_idle() noexcept;
  void cancel_as_idle() noexcept;

  Result<> start(Asynch_Operation* operation, const Operation_Options& options);
  Result<> limit(Asynch_Operation& operation, const Operation_Options& options);
  void expired(Asynch_Operation& operation) noexcept;
  template <class Such>
  void end_those(Such such, std::error_code why) noexcept;
  void end_one(Asynch_Operation& operation, std::error_code why) noexcept;
  void end_stopped() noexcept;
  void finish(Asynch_Operation& operation) noexcept;
  void end_taken_back() noexcept;
  void tell_later() noexcept;
  Result<> deliver();
  Result<> tell(Asynch_Operation& operation);
  Completed take_result(Asynch_Operation& operation);
  void close_when_empty() noexcept;

  void run(Direction direction, bool tries) noexcept;
  void wait_for_readiness(Asynch_Operation& operation) noexcept;
  void try_later(Asynch_Operation& operation) noexcept;
  void give_away(Asynch_Operation& operation) noexcept;
  void give_to_ring(Asynch_Operation& operation) noexcept;
  void give_to_thread(Asynch_Operation& operation) noexcept;
  bool take_from_thread(Asynch_Operation& operation) noexcept;
  void count_away() noexcept;
  void arrived(Asynch_Operation& operation, std::int32_t result, bool in_the_loop) noexcept;
  Result<> take_up();
  void take_up(Asynch_Operation& operation) noexcept;
  static void look_once_more(Asynch_Operation& operation) noexcept;
  void settle(Asynch_Operation& operation, std::int32_t result) noexcept;
  bool transfer(Asynch_Operation& operation) noexcept;
  void note_ready(Direction direction) noexcept;
  void update_interest(bool told_in_vain = false) noexcept;

  Proactor* proactor_ = nullptr;
  os::Unique_Handle handle_;
  List queues_[directions];  ///< the first of each is under way; of those aside, each
  List completed_;           ///< to be told of
  std::size_t untold_[directions] = {};  ///< of these
  os::Monitor monitor_;  ///< of what follows, up to `kept_`
  Asynch_Operation* arrived_ = nullptr;  ///< came from the engine, not looked at, in their order
  Asynch_Operation* last_arrived_ = nullptr;
  std::atomic<bool> uses_threads_{false};  ///< of files: from the first on. Read without it, too
  bool gone_ = false;                    ///< after its handle_close
  std::size_t away_ = 0;                 ///< with the engine
  std::atomic<bool> stops_asked_{false};  ///< of some operation, by whatever thread
  std::unique_ptr<Reactor::Returned> kept_;  ///< this, when it has gone, until the engine has given all back
  std::size_t outstanding_ = 0;
  std::size_t expecting_ = 0;  ///< of these: reads and accepts, which wait for a peer
  std::error_code reason_;
  os::Interest interest_ = os::Interest::none;
  bool file_ = false, closing_ = false, drained_ = true;
  bool delivering_ = false;  ///< what completes now is told before that ends
  bool ending_ = false, quiet_ = false;  ///< close_when_idle; and what completed last was canceled by that
  std::uint8_t listened_ = 0;            ///< flushes since, in which nothing came
};

}  // namespace v1
}  // namespace strata
