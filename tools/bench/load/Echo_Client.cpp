// SPDX-License-Identifier: Apache-2.0
#include "load/Echo_Client.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

namespace bench {

namespace {
std::array<char, Payload::window> buffer;
}

Echo_Client::Echo_Client(std::uint16_t port, const Payload& payload, std::size_t bytes, std::size_t depth,
                         std::uint64_t start)
    : socket_(port), payload_(&payload), bytes_(bytes), asked_at_(depth), start_(start) {
  socket_.reset_on_close();
}

bool Echo_Client::send_messages(std::size_t count, Clock::time_point now) {
  for (std::size_t i = 0; i < count; ++i) asked_at_[asked_++ % asked_at_.size()] = now;
  return flush();
}

bool Echo_Client::flush() {
  const auto left = std::min<std::uint64_t>(asked_ * bytes_ - sent_, Payload::window);
  unsent_ = false;
  if (left == 0) return true;
  const ssize_t sent = send(fd(), payload_->at(start_ + sent_), left, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0) return errno == EAGAIN;
  sent_ += static_cast<std::uint64_t>(sent);
  unsent_ = sent == static_cast<ssize_t>(left) && sent_ < asked_ * bytes_;
  return true;
}

// Edge-triggered: a read that comes back short has emptied it.
bool Echo_Client::receive() {
  const ssize_t size = recv(fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  unread_ = size == static_cast<ssize_t>(buffer.size());
  if (size < 0) return errno == EAGAIN;
  if (size == 0) return false;
  const std::span received(buffer.data(), static_cast<std::size_t>(size));
  if (!payload_->matches(start_ + received_, received)) return false;
  received_ += received.size();
  return received_ <= sent_;
}

bool Echo_Client::on_ready(Histogram& latencies, std::size_t& answered) {
  if (!flush() || !receive()) return false;
  const std::uint64_t whole = received_ / bytes_;
  answered = static_cast<std::size_t>(whole - answered_);
  if (answered == 0) return true;
  const auto now = Clock::now();
  for (; answered_ < whole; ++answered_)
    latencies.add(static_cast<std::uint64_t>((now - asked_at_[answered_ % asked_at_.size()]).count()));
  return true;
}

}  // namespace bench
