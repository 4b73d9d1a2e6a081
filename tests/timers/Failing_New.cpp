// SPDX-License-Identifier: Apache-2.0
#include "Failing_New.h"

#include <cstddef>
#include <new>

namespace {

thread_local bool fails = false;

// By the throwing form, so that a sanitizer sees the pair that it expects.
template <class New>
void* try_new(New&& make) noexcept {
  if (fails) return nullptr;
  try {
    return make();
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

}  // namespace

Failing_New::Failing_New() noexcept { fails = true; }
Failing_New::~Failing_New() { fails = false; }

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return try_new([=] { return ::operator new(size); });
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return try_new([=] { return ::operator new[](size); });
}
void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return try_new([=] { return ::operator new[](size, alignment); });
}
