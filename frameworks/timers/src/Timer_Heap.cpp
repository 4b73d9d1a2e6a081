// SPDX-License-Identifier: Apache-2.0
#include <strata/timers/Timer_Heap.h>

#include <algorithm>
#include <cassert>
#include <new>
#include <utility>

namespace strata {
inline namespace v1 {
namespace {

// place = index + 1 in the heap; with the flag, in the batch.
constexpr std::uint32_t batch_flag = 1u << 31;
constexpr std::uintptr_t kind_mask = Timer_Queue::kinds - 1;
constexpr std::uint32_t arity = 4;

Timer_Node& node_of(std::uintptr_t tagged) noexcept { return *reinterpret_cast<Timer_Node*>(tagged & ~kind_mask); }

}  // namespace

Timer_Heap::~Timer_Heap() {
  assert(size() == 0);
  delete[] heap_;
  delete[] batch_;
}

Result<> Timer_Heap::schedule(Timer_Node& node, Tick deadline, unsigned kind) noexcept {
  assert(!node.filed() && kind < kinds);
  if (size_ == capacity_ && !grow()) return fail(std::errc::not_enough_memory);
  stamp(node, deadline);
  push(reinterpret_cast<std::uintptr_t>(&node) | kind);
  ++size_;
  return {};
}

void Timer_Heap::cancel(Timer_Node& node) noexcept {
  assert(node.filed());
  const std::uint32_t at = place(node);
  if ((at & batch_flag) != 0) {
    batch_[(at & ~batch_flag) - 1] = 0;
  } else {
    remove(at - 1);
  }
  set_place(node, 0);
  --size_;
}

// One that waits in the batch is filed by the fresh order that it finds on its turn.
void Timer_Heap::advance(Timer_Node& node, Tick earlier) noexcept {
  stamp(node, earlier);
  const std::uint32_t at = place(node);
  if ((at & batch_flag) == 0) sift(at - 1, entry_of(heap_[at - 1].tagged));
}

Tick Timer_Heap::nearest() const noexcept {
  if (batch_size_ != 0) return now_;
  return heap_size_ == 0 ? max_tick : tick_of(heap_[0]);
}

std::size_t Timer_Heap::expire(Tick now) noexcept {
  assert(batch_size_ == 0);
  now_ = std::max(now_, std::min(now, max_tick));
  const std::uint64_t unripe = order_;
  collect_due();
  std::size_t fired = 0;
  for (std::uint32_t i = 0; i < batch_size_; ++i) {
    const std::uintptr_t tagged = std::exchange(batch_[i], 0);
    if (tagged == 0) continue;
    Timer_Node& node = node_of(tagged);
    if (order(node) >= unripe) {
      push(tagged);
      continue;
    }
    set_place(node, 0);
    --size_;
    ++fired;
    fire(node, static_cast<unsigned>(tagged & kind_mask));
  }
  batch_size_ = 0;
  return fired;
}

void Timer_Heap::collect_due() noexcept {
  while (heap_size_ != 0 && tick_of(heap_[0]) <= now_) {
    const Entry top = entry_of(heap_[0].tagged);
    if (before(heap_[0], top)) {  // refreshed since it was filed
      sift_down(0, top);
      continue;
    }
    remove(0);
    batch_[batch_size_++] = top.tagged;
    set_place(node_of(top.tagged), batch_size_ | batch_flag);
  }
}

void Timer_Heap::visit_all(Visit visit, void* context) const {
  for (std::uint32_t i = 0; i < heap_size_; ++i) {
    visit(context, node_of(heap_[i].tagged), static_cast<unsigned>(heap_[i].tagged & kind_mask));
  }
  for (std::uint32_t i = 0; i < batch_size_; ++i) {
    if (batch_[i] != 0) visit(context, node_of(batch_[i]), static_cast<unsigned>(batch_[i] & kind_mask));
  }
}

bool Timer_Heap::grow() noexcept {
  const std::uint32_t capacity = std::max(capacity_ * 2, 64u);
  if (capacity >= batch_flag) return false;
  Entry* heap = new (std::nothrow) Entry[capacity];
  std::uintptr_t* batch = new (std::nothrow) std::uintptr_t[capacity];
  if (heap == nullptr || batch == nullptr) {
    delete[] heap;
    delete[] batch;
    return false;
  }
  std::copy_n(heap_, heap_size_, heap);
  std::copy_n(batch_, batch_size_, batch);
  delete[] std::exchange(heap_, heap);
  delete[] std::exchange(batch_, batch);
  capacity_ = capacity;
  return true;
}

// The heap.

Timer_Heap::Entry Timer_Heap::entry_of(std::uintptr_t tagged) noexcept {
  const Timer_Node& node = node_of(tagged);
  return {key_high(node), key_low(node), tagged};
}

void Timer_Heap::put(std::uint32_t index, const Entry& entry) noexcept {
  heap_[index] = entry;
  set_place(node_of(entry.tagged), index + 1);
}

void Timer_Heap::push(std::uintptr_t tagged) noexcept { sift_up(heap_size_++, entry_of(tagged)); }

void Timer_Heap::remove(std::uint32_t index) noexcept {
  const Entry last = heap_[--heap_size_];
  if (index != heap_size_) sift(index, last);
}

void Timer_Heap::sift(std::uint32_t index, const Entry& entry) noexcept {
  if (index != 0 && before(entry, heap_[(index - 1) / arity])) {
    sift_up(index, entry);
  } else {
    sift_down(index, entry);
  }
}

void Timer_Heap::sift_up(std::uint32_t index, const Entry& entry) noexcept {
  while (index != 0) {
    const std::uint32_t parent = (index - 1) / arity;
    if (!before(entry, heap_[parent])) break;
    put(index, heap_[parent]);
    index = parent;
  }
  put(index, entry);
}

void Timer_Heap::sift_down(std::uint32_t index, const Entry& entry) noexcept {
  for (std::uint32_t child; (child = index * arity + 1) < heap_size_;) {
    const std::uint32_t end = std::min(child + arity, heap_size_);
    std::uint32_t least = child;
    while (++child < end) {
      if (before(heap_[child], heap_[least])) least = child;
    }
    if (!before(heap_[least], entry)) break;
    put(index, heap_[least]);
    index = least;
  }
  put(index, entry);
}

}  // namespace v1
}  // namespace strata
