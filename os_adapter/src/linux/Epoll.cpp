// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <sys/epoll.h>

#include "common/Seam.h"
#include "linux/Event_Bits.h"
#include "linux/Native.h"

namespace strata::inline v1::os::native {
namespace {

class Epoll_Demultiplexer final : public Demultiplexer {
 public:
  explicit Epoll_Demultiplexer(Unique_Handle epoll) noexcept : epoll_(std::move(epoll)) {}

  std::string_view name() const noexcept override { return "epoll"; }
  bool concurrent() const noexcept override { return true; }

  Result<> add(Handle handle, Interest interest, std::uint64_t token) override {
    return control(EPOLL_CTL_ADD, handle, events_of(interest), token);
  }

  /// EPOLLRDHUP is not allowed with it (epoll_ctl(2)); listeners have none.
  Result<> add_shared(Handle handle, Interest interest, std::uint64_t token) override {
    return control(EPOLL_CTL_ADD, handle, (events_of(interest) & (EPOLLIN | EPOLLOUT)) | EPOLLEXCLUSIVE, token);
  }

  Result<> modify(Handle handle, Interest interest, std::uint64_t token) override {
    return control(EPOLL_CTL_MOD, handle, events_of(interest), token);
  }

  Result<> remove(Handle handle) override { return control(EPOLL_CTL_DEL, handle, 0, 0); }

  void forget(Handle) noexcept override {}  // closing the last descriptor removes it: epoll(7), question 6

  Result<std::size_t> wait(std::span<Ready> out, Duration timeout) override {
    const auto capacity = static_cast<int>(std::min(out.size(), events_.size()));
    const Raw raw = table().epoll_wait(epoll_.get(), events_.data(), capacity, timeout);
    if (raw == interrupted) return 0;
    if (raw < 0) return failure(raw);
    const auto count = static_cast<std::size_t>(raw);
    for (std::size_t i = 0; i < count; ++i) out[i] = {events_[i].data.u64, ready_of(events_[i].events)};
    return count;
  }

  Result<bool> add_waker(Handle handle, std::uint64_t token) override {
    if (const auto added = control(EPOLL_CTL_ADD, handle, EPOLLIN | EPOLLET, token); !added) {
      return std::unexpected{added.error()};
    }
    return true;
  }

 private:
  Result<> control(int operation, Handle handle, std::uint32_t events, std::uint64_t token) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = token;
    return done(retry(table().epoll_control, epoll_.get(), operation, handle, &event));
  }

  Unique_Handle epoll_;
  std::array<epoll_event, 256> events_;
};

}  // namespace

Raw epoll_open() { return raw_of(epoll_create1(EPOLL_CLOEXEC)); }

Raw epoll_control(Handle epoll, int operation, Handle handle, epoll_event* event) {
  return raw_of(epoll_ctl(epoll.value(), operation, handle.value(), event));
}

Raw epoll_wait(Handle epoll, epoll_event* events, int capacity, Duration timeout) {
  return raw_of(::epoll_wait(epoll.value(), events, capacity, poll_timeout(timeout)));
}

Result<std::unique_ptr<Demultiplexer>> open_epoll() {
  auto epoll = owned(retry(table().epoll_open));
  if (!epoll) return std::unexpected{epoll.error()};
  return std::make_unique<Epoll_Demultiplexer>(std::move(*epoll));
}

}  // namespace strata::inline v1::os::native
