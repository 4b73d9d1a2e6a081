// SPDX-License-Identifier: Apache-2.0
#include "load/Churn_Load.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

namespace bench {

Churn_Load::Churn_Load(std::uint16_t port, const Workload& workload)
    : port_(port), workload_(workload), slots_(workload.connections) {}

Report Churn_Load::run(const Limits& limits) {
  constexpr auto patience = std::chrono::seconds(10);
  const auto start = Clock::now();
  budget_ = limits.messages;
  for (std::size_t i = 0; i < slots_.size(); ++i) open(i);
  while (opened_ > 0) {
    poller_.wait(100, [this](std::size_t i) { on_ready(i); });
    const auto now = Clock::now();
    if (now > start + limits.time) budget_ = 0;
    if (now > start + limits.time + patience) break;
  }
  report_.errors += opened_;
  report_.time = Clock::now() - start;
  return report_;
}

void Churn_Load::open(std::size_t index) {
  if (budget_ == 0) return;
  --budget_;
  ++opened_;
  Slot& slot = slots_[index];
  slot = {.socket = {}, .start = Clock::now(), .position = slot.position + 7'919, .received = 0};
  slot.socket = Client_Socket(port_);
  poller_.add(slot.socket.fd(), index);
  const ssize_t sent = send(slot.socket.fd(), payload_.at(slot.position), workload_.bytes, MSG_NOSIGNAL);
  if (sent == static_cast<ssize_t>(workload_.bytes)) return;
  ++report_.errors;
  close(index);
}

void Churn_Load::on_ready(std::size_t index) {
  Slot& slot = slots_[index];
  if (slot.socket.fd() < 0) return;
  std::array<char, 4096> buffer;
  const ssize_t size = recv(slot.socket.fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size < 0 && errno == EAGAIN) return;
  const std::span received(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  const bool good = !received.empty() && payload_.matches(slot.position + slot.received, received);
  slot.received += received.size();
  if (good && slot.received < workload_.bytes) return;
  if (good) {
    report_.latencies.add(static_cast<std::uint64_t>((Clock::now() - slot.start).count()));
    ++report_.messages;
  } else {
    ++report_.errors;
  }
  close(index);
  open(index);
}

void Churn_Load::close(std::size_t index) {
  slots_[index].socket = Client_Socket();
  --opened_;
}

}  // namespace bench
