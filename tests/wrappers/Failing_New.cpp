// SPDX-License-Identifier: Apache-2.0
#include "Failing_New.h"

#include <cstddef>
#include <cstdlib>
#include <limits>
#include <new>

namespace {

constexpr long never = std::numeric_limits<long>::max();
thread_local long left = never;

}  // namespace

Failing_New::Failing_New(long from) noexcept { left = from; }
Failing_New::~Failing_New() { left = never; }

// All forms of one object are replaced together, so that a sanitizer sees one matching pair: malloc and free.
void* operator new(std::size_t size) {
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  if (left == 0) return nullptr;
  if (left != never) --left;
  return std::malloc(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
