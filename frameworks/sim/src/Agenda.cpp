// SPDX-License-Identifier: Apache-2.0
#include "Agenda.h"

#include <algorithm>
#include <utility>

namespace strata::inline v1::sim {

bool Agenda::later(const Entry& a, const Entry& b) noexcept {
  return a.when != b.when ? a.when > b.when : a.order > b.order;
}

void Agenda::at(Time_Point when, Event event) {
  entries_.push_back({std::max(when, now_), filed_++, std::move(event)});
  std::ranges::push_heap(entries_, later);
}

void Agenda::run_due() {
  while (!entries_.empty() && entries_.front().when <= now_) {
    std::ranges::pop_heap(entries_, later);
    Event event = std::move(entries_.back().event);
    entries_.pop_back();
    event();
  }
}

void Agenda::advance_towards(Time_Point limit) {
  const Time_Point next = entries_.empty() ? limit : std::min(limit, entries_.front().when);
  now_ = std::max(now_, next);
  run_due();
}

void Agenda::advance_to(Time_Point when) {
  while (now_ < when) advance_towards(when);
}

}  // namespace strata::inline v1::sim
