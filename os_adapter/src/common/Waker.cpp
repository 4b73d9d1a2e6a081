// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Waker.h>

#include <cstdint>
#include <span>

#include "common/Seam.h"

namespace strata::inline v1::os {

Result<Waker> Waker::open() {
  auto event = owned(retry(table().event_open));
  if (!event) return std::unexpected{event.error()};
  return Waker{std::move(*event)};
}

void Waker::wake() noexcept {
  const std::uint64_t one = 1;
  const Const_Bytes bytes = std::as_bytes(std::span{&one, 1});
  retry(table().write, event_.get(), bytes.data(), bytes.size());
}

void Waker::clear() noexcept {
  std::uint64_t count = 0;
  const Bytes bytes = std::as_writable_bytes(std::span{&count, 1});
  retry(table().read, event_.get(), bytes.data(), bytes.size());
}

}  // namespace strata::inline v1::os
