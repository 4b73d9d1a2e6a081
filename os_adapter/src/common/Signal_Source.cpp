// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Signal_Source.h>

#include <algorithm>

#include "common/Seam.h"

namespace strata::inline v1::os {

Result<Signal_Source> Signal_Source::open(std::initializer_list<Signal> signals) {
  // The system would pass over them without a word (signalfd(2)).
  const auto cannot_be_told = [](Signal signal) { return signal == Signal::kill || signal == Signal::stop; };
  if (std::ranges::any_of(signals, cannot_be_told)) return fail(std::errc::invalid_argument);
  auto handle = owned(retry(table().signal_open, signals.begin(), signals.size()));
  if (!handle) return std::unexpected{handle.error()};
  return Signal_Source{std::move(*handle)};
}

Result<Signal> Signal_Source::next() noexcept {
  const Raw raw = retry(table().signal_read, handle_.get());
  if (raw < 0) return failure(raw);
  return static_cast<Signal>(raw);
}

}  // namespace strata::inline v1::os
