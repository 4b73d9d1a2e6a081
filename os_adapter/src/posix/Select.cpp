// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <sys/select.h>

#include "common/Seam.h"
#include "posix/Handle_Table.h"
#include "posix/Native.h"

namespace strata::inline v1::os::native {
namespace {

/// Reports input and output only: select(2) shows an error or a hang-up as readiness of what is wanted, and its third
/// set is out-of-band data, not errors. A handle with Interest::none is therefore silent.
class Select_Demultiplexer final : public Demultiplexer {
 public:
  Select_Demultiplexer() noexcept {
    FD_ZERO(&inputs_);
    FD_ZERO(&outputs_);
  }

  std::string_view name() const noexcept override { return "select"; }

  Result<> add(Handle handle, Interest interest, std::uint64_t token) override {
    if (handle.value() >= FD_SETSIZE) return fail(std::errc::too_many_files_open);
    if (const auto index = handles_.insert(handle, interest, token); !index) return std::unexpected{index.error()};
    want(handle, interest);
    limit_ = std::max(limit_, handle.value() + 1);
    return {};
  }

  Result<> modify(Handle handle, Interest interest, std::uint64_t token) override {
    const auto index = handles_.find(handle);
    if (!index) return std::unexpected{index.error()};
    handles_[*index].token = token;
    want(handle, interest);
    return {};
  }

  Result<> remove(Handle handle) override {
    const auto index = handles_.find(handle);
    if (!index) return std::unexpected{index.error()};
    handles_.erase(*index);
    want(handle, Interest::none);
    return {};
  }

  void forget(Handle handle) noexcept override { static_cast<void>(remove(handle)); }

  Result<std::size_t> wait(std::span<Ready> out, Duration timeout) override {
    while (limit_ > 0 && !handles_.find(Handle{limit_ - 1})) --limit_;
    fd_set readable = inputs_;
    fd_set writable = outputs_;
    const Raw raw = table().select(limit_, &readable, &writable, nullptr, timeout);
    if (raw == interrupted || raw == 0) return 0;
    if (raw == raw_error(std::errc::bad_file_descriptor)) return report_closed(out);
    if (raw < 0) return failure(raw);
    auto next = out.begin();
    return handles_.rotate(std::min(static_cast<std::size_t>(raw), out.size()), [&](std::size_t index) {
      const int value = handles_[index].handle.value();
      std::uint8_t set = 0;
      if (FD_ISSET(value, &readable)) set |= Ready::input;
      if (FD_ISSET(value, &writable)) set |= Ready::output;
      if (set == 0) return false;
      *next++ = {handles_[index].token, set};
      return true;
    });
  }

  Result<bool> add_waker(Handle handle, std::uint64_t token) override {
    if (const auto added = add(handle, Interest::input, token); !added) return std::unexpected{added.error()};
    return false;
  }

 private:
  void want(Handle handle, Interest interest) noexcept {
    any(interest & Interest::input) ? FD_SET(handle.value(), &inputs_) : FD_CLR(handle.value(), &inputs_);
    any(interest & Interest::output) ? FD_SET(handle.value(), &outputs_) : FD_CLR(handle.value(), &outputs_);
  }

  /// One handle that was closed while still in the set makes the whole call fail; poll(2) names it, here it is sought.
  Result<std::size_t> report_closed(std::span<Ready> out) {
    auto next = out.begin();
    const std::size_t count = handles_.rotate(out.size(), [&](std::size_t index) {
      if (retry(table().is_regular_file, handles_[index].handle) >= 0) return false;
      *next++ = {handles_[index].token, Ready::error};
      return true;
    });
    if (count == 0) return fail(std::errc::bad_file_descriptor);
    return count;
  }

  Handle_Table handles_;
  fd_set inputs_, outputs_;
  int limit_ = 0;  // above every handle in the table
};

}  // namespace

Raw select(int limit, void* readable, void* writable, void* broken, Duration timeout) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(timeout);
  const timespec span{.tv_sec = seconds.count(), .tv_nsec = (timeout - seconds).count()};
  return raw_of(::pselect(limit, static_cast<fd_set*>(readable), static_cast<fd_set*>(writable),
                          static_cast<fd_set*>(broken), timeout < Duration::zero() ? nullptr : &span, nullptr));
}

Result<std::unique_ptr<Demultiplexer>> open_select() { return std::make_unique<Select_Demultiplexer>(); }

}  // namespace strata::inline v1::os::native
