// SPDX-License-Identifier: Apache-2.0
#include <strata/proactor/Proactors.h>

#include <algorithm>
#include <cassert>
#include <new>
#include <utility>

namespace strata {
inline namespace v1 {

Result<std::unique_ptr<Proactors>> Proactors::open(std::span<Reactor* const> reactors,
                                                   const Proactor_Options& options) try {
  std::unique_ptr<Proactors> opened{new Proactors};
  for (Reactor* const reactor : reactors) {
    Result<std::unique_ptr<Proactor>> one = Proactor::open(*reactor, options);
    if (!one) return fail(one.error());
    opened->all_.push_back(std::move(*one));
  }
  return opened;
} catch (const std::bad_alloc&) {
  return fail(std::errc::not_enough_memory);
}

Proactor& Proactors::of(const Reactor& reactor) const noexcept {
  const auto found = std::ranges::find_if(all_, [&](const auto& one) { return &one->reactor() == &reactor; });
  assert(found != all_.end());
  return **found;
}

void Proactors::end() noexcept {
  for (const std::unique_ptr<Proactor>& one : all_) one->end();
}

}  // namespace v1
}  // namespace strata
