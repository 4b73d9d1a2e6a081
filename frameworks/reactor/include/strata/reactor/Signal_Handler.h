// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <utility>

#include <strata/os/Export.h>
#include <strata/os/Signal_Source.h>
#include <strata/reactor/Event_Handler.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Signals in loop context: subclass, open the source before the first thread starts, and `adopt` with input.
class Signal_Handler : public Event_Handler {
 public:
  explicit Signal_Handler(os::Signal_Source source) noexcept : source_(std::move(source)) {}
  os::Handle handle() const noexcept final { return source_.handle(); }

 protected:
  /// One a turn, lowest number first: a storm starves nobody. An error closes the handler.
  virtual Result<> handle_signal(os::Signal signal) = 0;

 private:
  Result<> handle_input() final;
  os::Signal_Source source_;
};

}  // namespace v1
}  // namespace strata
