// SPDX-License-Identifier: Apache-2.0
#include "load/Steady_Load.h"

#include <algorithm>
#include <utility>

namespace bench {

namespace {
constexpr std::size_t group = 500;  // connections at a time, fewer than any server's backlog
constexpr auto patience = std::chrono::seconds(10);

Payload make_payload(std::optional<Mark> mark, std::size_t message) {
  return mark ? Payload(*mark, message) : Payload();
}

}  // namespace

Steady_Load::Steady_Load(std::uint16_t port, const Workload& workload)
    : workload_(workload),
      payload_(make_payload(workload.mark, workload.bytes)),
      rival_payload_(make_payload(workload.rival_mark, workload.bytes)) {
  const std::size_t all = workload_.connections + workload_.rivals;
  clients_.reserve(all);
  while (clients_.size() < all) {
    connect(port, std::min(group, all - clients_.size()));
    finish(Clock::now() + patience);
  }
  require(report_.errors == 0, "the first echo of each connection");
  report_ = {};
}

std::size_t Steady_Load::depth_of(std::size_t index) const noexcept {
  return is_rival(index) ? workload_.rival_depth : workload_.depth;
}

std::size_t Steady_Load::bytes_of(std::size_t index) const noexcept {
  return is_rival(index) && workload_.rival_bytes != 0 ? workload_.rival_bytes : workload_.bytes;
}

void Steady_Load::connect(std::uint16_t port, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t index = clients_.size();
    const Payload& payload = is_rival(index) ? rival_payload_ : payload_;
    const std::size_t begin = index * 7'919 * bytes_of(index);
    clients_.emplace_back(std::in_place, port, payload, bytes_of(index), depth_of(index), begin);
    poller_.add(clients_.back()->fd(), index);
    send(index, 1);
  }
}

Report Steady_Load::run(const Limits& limits) {
  const auto start = Clock::now();
  const auto end = start + limits.time;
  budget_ = limits.messages;
  for (std::size_t i = 0; i < workload_.active; ++i) more(i, workload_.depth);
  for (std::size_t i = workload_.connections; i < clients_.size(); ++i) more(i, workload_.rival_depth);
  next_drip_ = start;
  for (auto now = start; budget_ > 0 && in_flight_ > 0 && now < end; now = Clock::now()) {
    drip(now);
    turn();
  }
  budget_ = 0;
  finish(Clock::now() + patience);
  report_.time = Clock::now() - start;
  return report_;
}

// Takes what is in flight; what does not come in time is an error.
void Steady_Load::finish(Clock::time_point give_up) {
  while (in_flight_ > 0 && Clock::now() < give_up) turn();
  report_.errors += in_flight_;
  in_flight_ = 0;
}

void Steady_Load::turn() {
  constexpr int longest = 100;  // ms
  for (const std::size_t index : std::exchange(unfinished_, {})) on_ready(index);
  poller_.wait(unfinished_.empty() ? longest : 0, [this](std::size_t i) { on_ready(i); });
}

void Steady_Load::note(std::size_t index) {
  const bool known = std::ranges::find(unfinished_, index) != unfinished_.end();
  if (!known && clients_[index]->unfinished()) unfinished_.push_back(index);
}

// A message of the next rival, where those have a pace.
void Steady_Load::drip(Clock::time_point now) {
  if (workload_.rival_gap.count() == 0) return;
  for (; budget_ > 0 && next_drip_ <= now; next_drip_ += workload_.rival_gap / workload_.rivals) {
    const std::size_t index = workload_.connections + drips_++ % workload_.rivals;
    if (clients_[index] && clients_[index]->in_flight() == 0) send(index, 1);
  }
}

void Steady_Load::send(std::size_t index, std::size_t messages) {
  if (messages == 0) return;
  in_flight_ += messages;
  if (!clients_[index]->send_messages(messages, Clock::now())) return lose(index);
  note(index);
}

void Steady_Load::on_ready(std::size_t index) {
  if (!clients_[index]) return;
  std::size_t answered = 0;
  Histogram& latencies = is_rival(index) ? rival_latencies_ : report_.latencies;
  if (!clients_[index]->on_ready(latencies, answered)) return lose(index);
  note(index);
  in_flight_ -= answered;
  (is_rival(index) ? report_.rival_messages : report_.messages) += answered;
  more(index, answered);
}

// The rivals go on as long as the others do.
void Steady_Load::more(std::size_t index, std::size_t messages) {
  if (is_rival(index)) return send(index, budget_ > 0 && workload_.rival_gap.count() == 0 ? messages : 0);
  const auto next = std::min<std::uint64_t>(messages, budget_);
  budget_ -= next;
  send(index, static_cast<std::size_t>(next));
}

void Steady_Load::lose(std::size_t index) {
  in_flight_ -= clients_[index]->in_flight();
  ++report_.errors;
  clients_[index].reset();
}

}  // namespace bench
