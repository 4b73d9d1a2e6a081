// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <cstddef>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// A `void()` callable of one owner. Captures of up to 40 bytes lie inside it, larger ones on the heap; where that has
/// no room the Callback is empty, so whoever takes one checks it. Not <functional>: that costs every user 0.1 s.
/// @threads any, one at a time
class Callback {
 public:
  static constexpr std::size_t capacity = 40;

  Callback() = default;
  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, Callback> && std::is_invocable_v<std::decay_t<F>&>)
  Callback(F&& f) {  // NOLINT: a lambda is passed where a Callback is taken
    using Fn = std::decay_t<F>;
    if constexpr (fits<Fn>) {
      ::new (static_cast<void*>(storage_)) Fn(std::forward<F>(f));
      ops_ = &inline_ops<Fn>;
    } else if (Fn* made = new (std::nothrow) Fn(std::forward<F>(f))) {
      std::memcpy(storage_, &made, sizeof made);
      ops_ = &heap_ops<Fn>;
    }
  }
  Callback(Callback&& other) noexcept { take(other); }
  Callback& operator=(Callback&& other) noexcept {
    if (this != &other) {
      clear();
      take(other);
    }
    return *this;
  }
  ~Callback() { clear(); }

  /// Captures die; this is empty before they do.
  void clear() noexcept {
    const Ops* dead = std::exchange(ops_, nullptr);
    if (dead != nullptr && dead->destroy != nullptr) dead->destroy(storage_);
  }

  explicit operator bool() const noexcept { return ops_ != nullptr; }
  /// An address within the binary whose code it would run; null when it is empty.
  const void* origin() const noexcept { return ops_; }
  void operator()() {
    assert(ops_ != nullptr);
    ops_->call(storage_);
  }

 private:
  struct Ops {
    void (*call)(void*);
    void (*relocate)(void* to, void* from) noexcept;  // null: the bytes are copied
    void (*destroy)(void*) noexcept;                  // null: nothing to do
  };

  template <class Fn>
  static constexpr bool fits =
      sizeof(Fn) <= capacity && alignof(Fn) <= alignof(void*) && std::is_nothrow_move_constructible_v<Fn>;
  template <class Fn>
  static constexpr bool plain = std::is_trivially_copyable_v<Fn>;

  template <class Fn>
  static Fn* heap_object(void* storage) noexcept {
    Fn* object;
    std::memcpy(&object, storage, sizeof object);
    return object;
  }
  template <class Fn>
  static Fn* inline_object(void* storage) noexcept {
    return std::launder(static_cast<Fn*>(storage));
  }
  template <class Fn>
  static void relocate(void* to, void* from) noexcept {
    Fn* source = inline_object<Fn>(from);
    ::new (to) Fn(std::move(*source));
    source->~Fn();
  }

  template <class Fn>
  static constexpr Ops inline_ops{[](void* s) { static_cast<void>((*inline_object<Fn>(s))()); },
                                  plain<Fn> ? nullptr : &relocate<Fn>,
                                  plain<Fn> ? nullptr : +[](void* s) noexcept { inline_object<Fn>(s)->~Fn(); }};
  template <class Fn>
  static constexpr Ops heap_ops{[](void* s) { static_cast<void>((*heap_object<Fn>(s))()); }, nullptr,
                                [](void* s) noexcept { delete heap_object<Fn>(s); }};

  void take(Callback& other) noexcept {
    ops_ = std::exchange(other.ops_, nullptr);
    if (ops_ == nullptr) return;
    if (ops_->relocate != nullptr) {
      ops_->relocate(storage_, other.storage_);
    } else {
      std::memcpy(storage_, other.storage_, capacity);
    }
  }

  const Ops* ops_ = nullptr;
  alignas(void*) std::byte storage_[capacity];
};
static_assert(sizeof(Callback) == 48);

}  // namespace v1
}  // namespace strata
