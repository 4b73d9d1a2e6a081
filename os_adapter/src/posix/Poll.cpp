// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <new>

#include <poll.h>

#include "common/Seam.h"
#include "posix/Handle_Table.h"
#include "posix/Native.h"

namespace strata::inline v1::os::native {
namespace {

short events_of(Interest interest) noexcept {
  return static_cast<short>((any(interest & Interest::input) ? POLLIN | poll_read_end : 0) |
                            (any(interest & Interest::output) ? POLLOUT : 0));
}

std::uint8_t ready_of(short events) noexcept {
  const auto flag = [events](int from, std::uint8_t to) { return (events & from) != 0 ? to : 0; };
  // POLLNVAL: closed while still in the set. Reported as an error, that its owner may find out.
  return static_cast<std::uint8_t>(flag(POLLIN, Ready::input) | flag(POLLOUT, Ready::output) |
                                   flag(POLLERR | POLLNVAL, Ready::error) | flag(POLLHUP, Ready::hangup) |
                                   flag(poll_read_end, Ready::read_end));
}

class Poll_Demultiplexer final : public Demultiplexer {
 public:
  std::string_view name() const noexcept override { return "poll"; }

  Result<> add(Handle handle, Interest interest, std::uint64_t token) override {
    const auto index = handles_.insert(handle, interest, token);
    if (!index) return std::unexpected{index.error()};
    try {
      polled_.push_back({handle.value(), events_of(interest), 0});
    } catch (const std::bad_alloc&) {
      handles_.erase(*index);
      return fail(std::errc::not_enough_memory);
    }
    return {};
  }

  Result<> modify(Handle handle, Interest interest, std::uint64_t token) override {
    const auto index = handles_.find(handle);
    if (!index) return std::unexpected{index.error()};
    handles_[*index].token = token;
    polled_[*index].events = events_of(interest);
    return {};
  }

  Result<> remove(Handle handle) override {
    const auto index = handles_.find(handle);
    if (!index) return std::unexpected{index.error()};
    handles_.erase(*index);
    polled_[*index] = polled_.back();
    polled_.pop_back();
    return {};
  }

  void forget(Handle handle) noexcept override { static_cast<void>(remove(handle)); }

  Result<std::size_t> wait(std::span<Ready> out, Duration timeout) override {
    const Raw raw = table().poll(polled_.data(), polled_.size(), timeout);
    if (raw == interrupted) return 0;
    if (raw < 0) return failure(raw);
    auto next = out.begin();
    return handles_.rotate(std::min(static_cast<std::size_t>(raw), out.size()), [&](std::size_t index) {
      const std::uint8_t set = ready_of(polled_[index].revents);
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
  Handle_Table handles_;
  std::vector<pollfd> polled_;  // polled_[i] is handles_[i]
};

}  // namespace

int poll_timeout(Duration timeout) noexcept {
  if (timeout < Duration::zero()) return -1;
  constexpr std::int64_t longest = std::numeric_limits<int>::max();
  return static_cast<int>(std::min(std::chrono::ceil<std::chrono::milliseconds>(timeout).count(), longest));
}

Raw poll(pollfd* set, std::size_t count, Duration timeout) {
  return raw_of(::poll(set, static_cast<nfds_t>(count), poll_timeout(timeout)));
}

Result<std::unique_ptr<Demultiplexer>> open_poll() { return std::make_unique<Poll_Demultiplexer>(); }

}  // namespace strata::inline v1::os::native
