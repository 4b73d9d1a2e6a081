// SPDX-License-Identifier: Apache-2.0
#include <strata/logging/Stream_Sink.h>

#include <strata/os/Bytes.h>
#include <strata/os/Operations.h>

namespace strata {
inline namespace v1 {

namespace {

/// Bytes taken, fewer than all after an error, which is then in `error`.
std::size_t write_all(os::Handle handle, Const_Bytes bytes, std::error_code& error) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const os::Raw taken = os::operations().write(handle, bytes.data() + done, bytes.size() - done);
    if (taken == -static_cast<os::Raw>(std::errc::interrupted)) continue;
    if (taken <= 0) {
      error = std::make_error_code(taken == 0 ? std::errc::io_error : static_cast<std::errc>(-taken));
      break;
    }
    done += static_cast<std::size_t>(taken);
  }
  return done;
}

}  // namespace

Result<> Stream_Sink::write(const Log_Record& record) {
  line_.clear();
  if (torn_) line_ += '\n';
  format_line(format_, record, line_);
  line_ += '\n';
  std::error_code error;
  const std::size_t done = write_all(handle_, as_bytes(line_), error);
  if (!error) {
    torn_ = false;
    return {};
  }
  torn_ = torn_ || done > 0;
  return fail(error);
}

}  // namespace v1
}  // namespace strata
