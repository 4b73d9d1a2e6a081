// SPDX-License-Identifier: Apache-2.0
#include <strata_test/Failing_New.h>

#include <cstddef>
#include <limits>
#include <new>

namespace {

constexpr long always = std::numeric_limits<long>::max();
thread_local long left = always;

// By the throwing form, so that a sanitizer sees the pair that it expects.
template <class New>
void* try_new(New&& make) noexcept {
  if (left == 0) return nullptr;
  if (left != always) --left;
  try {
    return make();
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

}  // namespace

strata_test::Failing_New::Failing_New(long times) noexcept { left = times; }
strata_test::Failing_New::~Failing_New() { left = always; }

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return try_new([=] { return ::operator new(size); });
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return try_new([=] { return ::operator new[](size); });
}
void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return try_new([=] { return ::operator new[](size, alignment); });
}
