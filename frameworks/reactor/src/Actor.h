// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "Mail.h"

namespace strata {
inline namespace v1 {

/// What a pool knows of one handler beside its slot: what waits for it, and whether an upcall of it runs. So its hooks
/// never overlap: it stands in the run queue at most once, and not while it is busy. 16 bytes.
struct Actor {
  static constexpr std::uint8_t busy = 1;    ///< a thread is in an upcall of it
  static constexpr std::uint8_t queued = 2;  ///< its slot stands in the run queue, perhaps for who had it before
  static constexpr std::uint8_t flush = 4;   ///< asked for by flush_later
  static constexpr std::uint8_t apart = 8;   ///< out of the demultiplexer's set until its upcall is over
  static constexpr std::uint8_t held = 16;   ///< adopted, and not begun yet: busy in the name of who has adopted it
  static constexpr std::uint8_t listed = 32;  ///< one of the strand's: stands in its list

  Mail_List mail;
  std::uint8_t ready = 0;  ///< os::Ready bits that it was not told of
  std::uint8_t state = 0;

  bool is(std::uint8_t bits) const noexcept { return (state & bits) != 0; }
  void set(std::uint8_t bits) noexcept { state = static_cast<std::uint8_t>(state | bits); }
  void unset(std::uint8_t bits) noexcept { state = static_cast<std::uint8_t>(state & ~bits); }
  bool waits() const noexcept { return ready != 0 || is(flush) || !mail.empty(); }  ///< something waits for it
};
static_assert(sizeof(Actor) == 16);

/// By slot, at stable addresses.
class Actor_Table {
 public:
  Actor& operator[](std::uint32_t index) noexcept { return chunks_[index / chunk_size][index % chunk_size]; }
  void reach(std::uint32_t index) {  ///< std::bad_alloc
    while (index >= chunks_.size() * chunk_size) chunks_.push_back(std::make_unique<Actor[]>(chunk_size));
  }
  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(chunks_.size() * chunk_size); }

 private:
  static constexpr std::uint32_t chunk_size = 256;
  std::vector<std::unique_ptr<Actor[]>> chunks_;
};

/// Slots whose turn comes, first in, first out. Room is made when handlers are registered, so that pushing needs none.
class Run_Queue {
 public:
  void reserve(std::size_t count) {  ///< std::bad_alloc
    if (count <= ring_.size()) return;
    std::vector<std::uint32_t> wider(std::bit_ceil(count));
    const std::size_t waiting = size();
    for (std::size_t i = 0; i < waiting; ++i) wider[i] = ring_[(head_ + i) & (ring_.size() - 1)];
    ring_.swap(wider);
    head_ = 0;
    tail_ = waiting;
  }
  bool empty() const noexcept { return head_ == tail_; }
  std::size_t size() const noexcept { return tail_ - head_; }
  void push(std::uint32_t index) noexcept { ring_[tail_++ & (ring_.size() - 1)] = index; }
  std::uint32_t pop() noexcept { return ring_[head_++ & (ring_.size() - 1)]; }

 private:
  std::vector<std::uint32_t> ring_;
  std::size_t head_ = 0, tail_ = 0;
};

}  // namespace v1
}  // namespace strata
