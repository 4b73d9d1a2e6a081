// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>

#include <liburing.h>

#include <strata/os/Completion_Port.h>

#include "linux/Ring.h"

namespace strata::inline v1::os {

/// What the port keeps in a Submission.
class Submission_State {
 public:
  static constexpr std::uint8_t given = Submission::given;
  static constexpr std::uint8_t listed = 2;    ///< in a list of the port's, but that of the armed
  static constexpr std::uint8_t armed = 4;     ///< the kernel has it
  static constexpr std::uint8_t canceled = 8;  ///< its user wants it to end
  static constexpr std::uint8_t starved = 16;  ///< found no buffer: in the list of these
  static constexpr std::uint8_t goes_on = 32;  ///< a receive that was armed as one that goes on in the kernel

  static bool is(const Submission& one, std::uint8_t bits) noexcept { return (one.state_ & bits) != 0; }
  static void set(Submission& one, std::uint8_t bits) noexcept {
    one.state_ = static_cast<std::uint8_t>(one.state_ | bits);
  }
  static void unset(Submission& one, std::uint8_t bits) noexcept {
    one.state_ = static_cast<std::uint8_t>(one.state_ & ~bits);
  }
  static Submission*& next(Submission& one) noexcept { return one.next_; }
  static Submission*& before(Submission& one) noexcept { return one.before_; }
};

namespace native {

/// Submissions in order; each is in one at most.
class Submission_List {
 public:
  bool empty() const noexcept { return first_ == nullptr; }
  Submission* front() const noexcept { return first_; }
  void push(Submission& one) noexcept;
  Submission* pop() noexcept;
  void remove(Submission& one) noexcept;

 private:
  Submission* first_ = nullptr;
  Submission* last_ = nullptr;
};

/// The operations of a ring. What is submitted is listed, and handed over by the demultiplexer's next wait. The buffers
/// that it lends are a ring of their own (io_uring_register_buf_ring(3)). Where all are lent, a receive that wants one
/// waits until one is given back. A receive goes on in the kernel (multishot) where that can be told to stop after so
/// many bytes (Linux 6.17); elsewhere it is for one buffer, and made anew by the next wait.
class Ring_Port final : public Completion_Port {
 public:
  static constexpr unsigned buffer_count = 256;
  static constexpr std::size_t buffer_size = 16 * 1024;
  /// From one to the next: else all would begin in the same few sets of the caches.
  static constexpr std::size_t stride = buffer_size + 128;
  /// That the kernel has at first. It takes them in turn: of few, the next one is still in the caches. They are for
  /// two of its batches, of some 20 completions each; where they are too few in a fifth of the waits or more it has
  /// twice as many, and half as many again after a while in which it had enough.
  static constexpr unsigned few_buffers = 48;
  static constexpr int scarce_wait = 4, too_scarce = 32, enough = -256;  ///< of `scarcity_`
  static constexpr std::size_t fair_share = 64 * 1024;  ///< bytes of one stream a wait, so that no other waits

  explicit Ring_Port(Ring& ring) noexcept : ring_(ring) {}

  void submit(Submission& operation) noexcept override;
  void cancel(Submission& operation) noexcept override;
  void cancel_all() noexcept override;
  std::size_t abandon(std::span<Ready> out) noexcept override;
  std::size_t outstanding() const noexcept override;
  bool accepts_many() const noexcept override { return ring_.is_for_one(); }
  std::size_t take(Submission& operation, std::span<Ready> out) noexcept override;
  Result<> lend_buffers() override;
  Bytes lent(const Ready& completion) const noexcept override;
  bool give_back(std::uint16_t buffer) noexcept override;
  std::size_t lent_size() const noexcept override { return buffers_ ? buffer_count * stride : 0; }
  void register_memory(Bytes memory) noexcept override;
  void unregister_memory(Bytes memory) noexcept override;

  // --- For the demultiplexer ---
  void share() noexcept { shared_ = true; }
  bool in_kernel() const noexcept { return armed_ != 0; }
  /// The ring is another one; nothing was in the kernel.
  void moved() noexcept { registered_ = knows_memory_ = false; }
  /// Makes entries of what was submitted or canceled. False: the kernel takes no more now.
  bool hand_over() noexcept;
  /// Whether buffers may be left when those have looked that were handed over, and others wait for one.
  bool hungry() const noexcept { return hungry_; }
  /// What ended without the kernel.
  std::size_t take_ended(std::span<Ready> out) noexcept;
  /// Whether it is to be told, and then what.
  bool settle(const io_uring_cqe& completion, Ready& ready) noexcept;

 private:
  using State = Submission_State;
  /// What is here may be used by several threads; held only where it is.
  std::unique_lock<std::mutex> held() const noexcept {
    return shared_ ? std::unique_lock{mutex_} : std::unique_lock<std::mutex>{};
  }
  void recycle(std::uint16_t buffer) noexcept;
  void weigh() noexcept;
  void offer() noexcept;
  bool take_back(Submission& operation) noexcept;
  bool arm(Submission& operation) noexcept;
  void list_armed(Submission& operation) noexcept;
  Raw make_room(const Submission& operation) noexcept;
  Raw register_buffers() noexcept;
  void let_go_of_memory() noexcept;
  bool has_registered(const Submission& operation) noexcept;
  void prepare_transfer(io_uring_sqe* entry, const Submission& operation, unsigned size) noexcept;
  void feed(Submission& starved) noexcept;
  void publish() noexcept;
  void end(Submission& operation, Raw error) noexcept;
  std::size_t tell_ended(std::span<Ready> out) noexcept;
  bool has_ended(Submission& operation, Ready& ready) noexcept;
  bool begins_anew(Submission& operation, std::int32_t result) noexcept;
  bool is_of_no_buffer(const Submission& operation, std::int32_t result) const noexcept;
  void close_accepted() noexcept;
  void told_last(Submission& operation) noexcept;
  std::byte* buffer(unsigned index) const noexcept { return buffers_.get() + stride * index; }

  struct Unmap {
    void operator()(std::byte* memory) const noexcept;
  };
  Ring& ring_;
  mutable std::mutex mutex_;
  bool shared_ = false;
  Submission_List listed_;  ///< to be handed over, or to be taken back
  Submission_List armed_list_;  ///< the kernel has them, and they are not in the first
  Submission_List starved_;  ///< receives that found no buffer
  Submission_List ended_;   ///< with an error in their `size`
  std::size_t outstanding_ = 0, armed_ = 0;
  bool cancel_all_ = false;      ///< asked for
  bool canceling_all_ = false;  ///< handed over, and not all have ended

  std::unique_ptr<std::byte, Unmap> buffers_;  ///< the ring of them behind their bytes
  bool registered_ = false;
  bool multishot_ = true;  ///< until the kernel refuses one with a limit
  std::bitset<buffer_count> lent_;  ///< told of, not given back
  std::array<std::uint16_t, buffer_count> free_;  // NOLINT: in none's hands, the last given back at the end
  unsigned free_count_ = 0;
  unsigned offered_ = 0;  ///< the kernel has them
  unsigned most_offered_ = few_buffers;
  int scarcity_ = 0;  ///< a wait with enough takes 1 off
  bool hungry_ = false;

  Bytes memory_;  ///< to be registered
  bool knows_memory_ = false;  ///< the kernel does
};

}  // namespace native
}  // namespace strata::inline v1::os
