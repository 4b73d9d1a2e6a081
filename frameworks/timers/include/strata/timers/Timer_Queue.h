// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

#include <strata/os/Export.h>
#include <strata/os/Result.h>
#include <strata/timers/Tick.h>
#include <strata/timers/Timer_Node.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Deadlines in order. Nodes are borrowed: they stay where they are until they have fired or are cancelled; a queue may
/// be destroyed only when empty. Order of expiry is exactly (tick, order of filing); a refresh files anew.
/// @threads loop
class Timer_Queue {
 public:
  static constexpr unsigned kinds = 8;
  /// Receives a node that is no longer filed, so that it may schedule it again or destroy it.
  using Expiry = void (*)(void* context, Timer_Node&) noexcept;

  virtual ~Timer_Queue() = default;
  Timer_Queue(const Timer_Queue&) = delete;
  Timer_Queue& operator=(const Timer_Queue&) = delete;

  /// Says what happens to expired nodes of one kind; set before the first node of that kind is filed.
  void set_expiry(unsigned kind, Expiry fn, void* context) noexcept { expiries_[kind] = {fn, context}; }
  bool has_expiry(unsigned kind) const noexcept { return expiries_[kind].fn != nullptr; }

  /// Files an unfiled node. A deadline that has passed fires in the next `expire`; one beyond `max_tick` counts as it.
  /// Fails with `not_enough_memory` only; the node is then unfiled.
  virtual Result<> schedule(Timer_Node& node, Tick deadline, unsigned kind) noexcept = 0;

  /// Moves a filed node. To a later deadline this is a store: the queue moves its entry when the old one comes up.
  void refresh(Timer_Node& node, Tick deadline) noexcept {
    assert(node.filed());
    if (clamp(deadline) >= node.deadline()) [[likely]] {
      stamp(node, deadline);
    } else {
      advance(node, deadline);
    }
  }

  /// Unfiles a filed node, also one that is due in the running `expire`.
  virtual void cancel(Timer_Node& node) noexcept = 0;

  /// No `expire` with an earlier tick fires anything; `max_tick` when empty. May be earlier than the first deadline.
  virtual Tick nearest() const noexcept = 0;

  /// Fires all that was filed before this call and is due at `now`, in order; returns how many. What is filed or
  /// refreshed meanwhile fires in a later call. A `now` before that of an earlier call counts as that. Not re-entrant.
  virtual std::size_t expire(Tick now) noexcept = 0;

  /// `visit(Timer_Node&, unsigned kind)` for each filed node in no order; it must not change the queue.
  template <class Visitor>
  void for_each(Visitor&& visit) const {
    using Function = std::remove_reference_t<Visitor>;
    visit_all([](void* v, Timer_Node& node, unsigned kind) { (*static_cast<Function*>(v))(node, kind); },
              const_cast<void*>(static_cast<const void*>(std::addressof(visit))));
  }

  std::size_t size() const noexcept { return size_; }
  /// The tick of the latest `expire`, also while it runs.
  Tick now() const noexcept { return now_; }

 protected:
  using Visit = void (*)(void* context, Timer_Node&, unsigned kind);

  explicit Timer_Queue(Tick now) noexcept : now_{now} {}
  virtual void advance(Timer_Node& node, Tick earlier) noexcept = 0;
  virtual void visit_all(Visit visit, void* context) const = 0;

  static Tick clamp(Tick deadline) noexcept { return deadline < max_tick ? deadline : max_tick; }

  /// Writes the deadline and a fresh order.
  void stamp(Timer_Node& node, Tick deadline) noexcept {
    const std::uint64_t order = order_++;
    node.high_ = clamp(deadline) << Timer_Node::order_high_bits | order >> 32;
    node.low_ = static_cast<std::uint32_t>(order);
  }

  static std::uint32_t place(const Timer_Node& node) noexcept { return node.place_; }
  static void set_place(Timer_Node& node, std::uint32_t place) noexcept { node.place_ = place; }
  static std::uint64_t key_high(const Timer_Node& node) noexcept { return node.high_; }
  static std::uint32_t key_low(const Timer_Node& node) noexcept { return node.low_; }
  static std::uint64_t order(const Timer_Node& node) noexcept {
    return (node.high_ & ((1u << Timer_Node::order_high_bits) - 1)) << 32 | node.low_;
  }

  void fire(Timer_Node& node, unsigned kind) noexcept {
    const auto [fn, context] = expiries_[kind];
    fn(context, node);
  }

  std::size_t size_ = 0;
  std::uint64_t order_ = 0;  // of the next filing
  Tick now_;

 private:
  struct Expiry_Call {
    Expiry fn = nullptr;
    void* context = nullptr;
  };
  std::array<Expiry_Call, kinds> expiries_{};
};

}  // namespace v1
}  // namespace strata
