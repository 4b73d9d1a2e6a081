// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <strata/os/Bytes.h>
#include <strata/os/Demultiplexer.h>
#include <strata/os/Export.h>
#include <strata/os/Handle.h>
#include <strata/os/Result.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {
namespace os {

/// What a Completion_Port is to do with a handle, and what its completion tells.
enum class Request : std::uint8_t {
  accept,        ///< the number of the new descriptor, made as os::accept makes it
  accept_many,   ///< the same, again and again until its last completion; for a port that `accepts_many`
  connect,       ///< `data` is a Socket_Address; 0
  receive,       ///< into `data`; bytes, 0: the end
  receive_lent,  ///< into buffers that the port lends, again and again until its last completion: an end or an error
  receive_lent_once,  ///< into one of these
  send,          ///< from `data`, some of it; waits for room
  send_gathered, ///< the same from several places: `data` is a Gathered
  send_now,      ///< as `send`, without waiting: resource_unavailable_try_again where there is none
  poll,          ///< `size` is an Interest; a set of Ready's bits
  read_at,       ///< a file's bytes from `offset` on into `data`; 0: its end
  write_at,      ///< some of `data` to there
  sync,          ///< fsync(2); 0
};

/// What `send_gathered` sends.
struct Gathered {
  static constexpr std::size_t most = 16;
  std::array<Const_Bytes, most> parts;
  std::size_t count = 0;  ///< of these
  alignas(std::max_align_t) std::array<std::byte, 64 + most * 2 * sizeof(void*)> room;  // NOLINT: the port's own
};

/// One operation that was given to a Completion_Port. It stays where it is, and it and its data are the port's, from
/// `submit` until its last completion was told.
class Submission {
 public:
  explicit Submission(Request what) noexcept : request(what) {}
  Submission(const Submission&) = delete;
  Submission& operator=(const Submission&) = delete;

  bool outstanding() const noexcept { return (state_ & given) != 0; }

  std::byte* data = nullptr;
  std::size_t size = 0;
  std::uint64_t offset = 0;
  Handle handle;
  Request request;

 protected:
  ~Submission() = default;

 private:
  friend class Completion_Port;
  friend class Submission_State;
  static constexpr std::uint8_t given = 1;     ///< by the user, and not told of for the last time
  std::uint8_t state_ = 0;
  Submission* next_ = nullptr;  ///< in a list of the port's
  Submission* before_ = nullptr;
};

/// Carries out operations and tells of their completions: POSA's Asynchronous Operation Processor and Completion Event
/// Queue. One object with a Demultiplexer, whose `wait` hands over what was submitted, and returns completions among
/// the events: Ready with `completed` set. Each operation completes once, but `receive_lent` and `accept_many`, which
/// end with `last`.
/// @threads as the Demultiplexer; after Demultiplexer::share any, but for a wait under way that does not count
class Completion_Port {
 public:
  /// Queues it for the next `wait`; no system call. It completes in any case, if only with an error.
  virtual void submit(Submission& operation) noexcept = 0;
  /// Asks that it ends soon. Its last completion comes all the same: operation_canceled, or what it became before that.
  virtual void cancel(Submission& operation) noexcept = 0;
  /// Of all that is outstanding.
  virtual void cancel_all() noexcept = 0;
  /// For one whose `wait` fails for good: takes no more from the system, and says of all that is outstanding that it
  /// was canceled, some at a time: 0, nothing is left. What was for a file may go on, and use its data, for a moment.
  virtual std::size_t abandon(std::span<Ready> out) noexcept = 0;
  /// Operations whose last completion was not told yet.
  virtual std::size_t outstanding() const noexcept = 0;

  /// Whether it knows `accept_many`: whose cancel then takes effect before it returns, so that nobody more is accepted
  /// and the handle may be closed. Who was accepted before is told of.
  virtual bool accepts_many() const noexcept { return false; }
  /// What has become of one that no wait has told of yet: it is told here instead, some at a time.
  virtual std::size_t take(Submission& operation, std::span<Ready> out) noexcept = 0;
  /// Makes the buffers that `receive_lent…` reads into; before the first of these. Errors: not_enough_memory,
  /// or the system's: Linux before 5.19 has none.
  virtual Result<> lend_buffers() = 0;
  /// What a completion has brought that has `lent` set. Valid until it is given back. @threads any
  virtual Bytes lent(const Ready& completion) const noexcept = 0;
  /// True: an operation waits for it.
  virtual bool give_back(std::uint16_t buffer) noexcept = 0;
  virtual std::size_t lent_size() const noexcept = 0;  ///< bytes of all buffers; 0: none were made

  /// Has read_at and write_at of what lies in there save the look-up of its pages (io_uring_register_buffers(3)), where
  /// the system lets it: they stay in memory from the first of these on, which RLIMIT_MEMLOCK may forbid. One piece at
  /// a time: while there is one, another is as memory is that was not registered.
  virtual void register_memory(Bytes memory) noexcept = 0;
  /// Before it goes, and when no operation uses it. The next wait lets go of its pages.
  virtual void unregister_memory(Bytes memory) noexcept = 0;

 protected:
  ~Completion_Port() = default;
  /// For who implements one: what Submission::outstanding tells.
  static void set_outstanding(Submission& operation, bool is_so) noexcept {
    operation.state_ = static_cast<std::uint8_t>(is_so ? operation.state_ | Submission::given
                                                       : operation.state_ & ~Submission::given);
  }
};

}  // namespace os
}  // namespace v1
}  // namespace strata
