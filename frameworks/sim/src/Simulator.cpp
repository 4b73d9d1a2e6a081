// SPDX-License-Identifier: Apache-2.0
#include <strata/sim/Simulator.h>

#include <memory>
#include <utility>
#include <vector>

#include "World.h"

namespace strata::inline v1::sim {

World*& active_world() {
  static World* active = nullptr;
  return active;
}

os::Raw World::record(std::string_view call, std::int64_t subject, std::int64_t detail, os::Raw result) {
  trace.add({agenda.now() - Agenda::start, call, subject, detail, result});
  ++calls_now;
  if (faults.call_cost > Duration::zero()) {
    // Only the clock moves: what falls due in between happens at the next wait, as on a busy processor.
    const auto most = static_cast<std::uint64_t>(faults.call_cost.count());
    agenda.spend(Duration{static_cast<std::int64_t>(random.below(most))});
  }
  return result;
}

Simulator::Simulator(std::uint64_t seed, const Faults& faults)
    : world_{std::make_unique<World>(seed, faults)},
      previous_{std::exchange(active_world(), world_.get())},
      scope_{simulated_operations()} {}

Simulator::~Simulator() {
  world_->threads.end();
  active_world() = previous_;
  if (!world_->threads.abandoned()) return;
  static auto& kept = *new std::vector<std::unique_ptr<World>>;  // never destroyed: threads sleep in it for ever
  kept.push_back(std::move(world_));
}

Result<> Simulator::run(std::move_only_function<void()> body) {
  if (world_->threads.run(std::move(body))) return {};
  return fail(std::errc::resource_deadlock_would_occur);
}

Time_Point Simulator::now() const noexcept { return world_->agenda.now(); }
void Simulator::after(Duration delay, std::move_only_function<void()> event) {
  world_->agenda.at(now() + delay, [world = world_.get(), what = std::move(event)]() mutable {
    world->threads.outside(std::move(what));
  });
}
void Simulator::advance(Duration by) {
  if (!world_->threads.several()) return world_->agenda.advance_to(now() + by);
  world_->threads.sleep_until(world_->agenda.limit(by));
}
void Simulator::may_switch() { world_->threads.may_switch(); }
void Simulator::switch_rate(double rate) noexcept { world_->threads.switch_rate(rate); }
void Simulator::end_after(Duration length) noexcept { world_->horizon = now() + length; }
void Simulator::calls_at_once(std::uint64_t most) noexcept { world_->calls_at_once = most; }
void Simulator::part(const os::Socket_Address& one, const os::Socket_Address& other, Duration time) {
  world_->network.part(one, other, now() + time);
}
void Simulator::raise(os::Signal signal) noexcept { world_->signals.raise(signal); }
Random& Simulator::random() noexcept { return world_->random; }
Faults& Simulator::faults() noexcept { return world_->faults; }
Trace& Simulator::trace() noexcept { return world_->trace; }
std::size_t Simulator::open_descriptors() const noexcept { return world_->descriptors.count(); }
void Simulator::limit_descriptors(std::size_t most) noexcept { world_->descriptors.limit(most); }
void Simulator::buffer_size(std::size_t bytes) noexcept { world_->buffer = bytes; }

void Simulator::lent_size(std::size_t bytes) noexcept { world_->lent = bytes; }
const std::string& Simulator::diagnosis() const noexcept { return world_->diagnosis; }

}  // namespace strata::inline v1::sim
