// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <strata/logging/Log_Format.h>
#include <strata/logging/Log_Sink.h>
#include <strata/os/Export.h>
#include <strata/os/Handle.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Writes each line with one call to a descriptor that it borrows, by default standard error. An error, would-block
/// included, loses the line; one cut short by it is ended before the next begins.
class Stream_Sink final : public Log_Sink {
 public:
  static constexpr os::Handle standard_error{2};
  explicit Stream_Sink(Log_Format format, os::Handle handle = standard_error) noexcept
      : handle_(handle), format_(format) {}
  Result<> write(const Log_Record&) override;

 private:
  os::Handle handle_;
  Log_Format format_;
  bool torn_ = false;
  std::string line_;
};

}  // namespace v1
}  // namespace strata
