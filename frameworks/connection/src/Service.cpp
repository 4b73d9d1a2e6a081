// SPDX-License-Identifier: Apache-2.0
#include <strata/connection/Service.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <string_view>
#include <utility>
#include <vector>

#include <strata/connection/Acceptor_Base.h>
#include <strata/connection/Acceptor_Options.h>
#include <strata/connection/Dgram_Handler.h>
#include <strata/connection/Source_Limits.h>
#include <strata/connection/Svc_Handler.h>
#include <strata/logging/Log_System.h>
#include <strata/metrics/Metric_Registry.h>
#include <strata/reactor/Reactor_Metrics.h>
#include <strata/timers/Timer_Queue.h>

#include "Svc_State.h"

namespace strata {
inline namespace v1 {

/// Apart, so that a handler's includes do not grow by the registry's.
struct Published_Metrics {
  std::vector<Metric_Registration> registrations;
};

/// Shared with the posts that tell of the end of connections, which the service may not live to see.
struct Service::Gone {
  explicit Gone(Service& of) noexcept : service(&of) {}
  Service* service;  ///< null when it has gone; looked at on the strand of its home
  std::atomic<bool> awaited{false};
  std::atomic<bool> room_awaited{false};  ///< by an acceptor, at the cap
  std::atomic<bool> told{false};  ///< a post is on its way
};

/// How many live in one reactor. In a cache line of its own: each thread counts in its own.
struct alignas(64) Service::Part {
  std::atomic<std::size_t> connections{0};
};

Service::Service(std::string name, Reactor& home, Stream_Options stream, Budget* process, std::size_t byte_limit,
                 std::span<Reactor* const> serving)
    : name_(std::move(name)),
      home_(home),
      stream_(stream),
      log_(Log_System::process().logger("service." + name_)),
      budget_(byte_limit, process),
      group_(home.new_group()),
      datagram_group_(home.new_group()),
      serving_(serving.begin(), serving.end()),
      parts_(new Part[serving.size() + 1]),
      gone_(std::make_shared<Gone>(*this)) {
  if (serving_.empty()) serving_.push_back(&home);
  const auto know = [](Timer_Queue& timers) {  // once: it may run by now
    if (timers.has_expiry(idle_timer_kind)) return;
    timers.set_expiry(idle_timer_kind, &Connection_Handler::idle_expired, nullptr);
    timers.set_expiry(write_timer_kind, &Svc_Handler::write_expired, nullptr);
  };
  know(home.timers());
  for (Reactor* one : serving_) know(one->timers());
}

Service::~Service() {
  assert(idle());
  gone_->service = nullptr;
}

Service::Part& Service::part_of(const Reactor& reactor) const noexcept {
  const auto found = std::ranges::find(serving_, &reactor);  // of home, where that does not serve: behind the last
  return parts_[static_cast<std::size_t>(found - serving_.begin())];
}

std::size_t Service::connections_in(const Reactor& reactor) const noexcept {
  return part_of(reactor).connections.load(std::memory_order_relaxed);
}

bool Service::admit(std::size_t most) noexcept {
  std::size_t now = connections_.load(std::memory_order_relaxed);
  do {
    if (most != 0 && now >= most) return false;
  } while (!connections_.compare_exchange_weak(now, now + 1));
  return true;
}

/// By a listener, which the service outlives. Told of only where it may have been what somebody waits for: room, or
/// the last.
void Service::dismiss(const Reactor& where) noexcept {
  std::size_t now = connections_.load();
  while (now > 1 && !gone_->room_awaited.load()) {
    if (!connections_.compare_exchange_weak(now, now - 1)) continue;
    if (gone_->room_awaited.load()) tell(gone_, home_);  // by one that has looked just before
    return;
  }
  one_less(connections_, where);
}

void Service::count_shed(Reactor& where) noexcept {
  metrics_.shed.add();
  where.metrics().shed.add();
}

void Service::attach(const Reactor& where) noexcept {
  part_of(where).connections.fetch_add(1, std::memory_order_relaxed);
}

void Service::detach(const Reactor& where) noexcept {
  part_of(where).connections.fetch_sub(1, std::memory_order_relaxed);
  one_less(connections_, where);
}

/// At home it is told at once, from inside the run of another by a post; after the subtraction this may be gone.
void Service::one_less(std::atomic<std::size_t>& count, const Reactor& where) noexcept {
  const bool elsewhere = &where != &home_ && where.runs_here();  // home itself may not run yet, or no more
  if (!elsewhere && home_.on_strand()) {
    count.fetch_sub(1);
    return connections_gone();
  }
  const std::shared_ptr<Gone> gone = gone_;
  Reactor& home = home_;
  count.fetch_sub(1);
  if (gone->awaited.load()) tell(gone, home);
}

/// One post for all that end until it runs.
void Service::tell(const std::shared_ptr<Gone>& gone, Reactor& home) noexcept {
  if (gone->told.exchange(true)) return;
  const Result<> posted = home.post_reserved([gone] {
    gone->told = false;
    if (gone->service != nullptr) gone->service->connections_gone();
  });
  if (!posted) gone->told = false;  // the next one tells it; a drain has its deadline
}

/// On the strand of home.
Reactor& Service::choose(Accept_Mode mode) noexcept {
  const std::size_t count = serving_.size();
  std::size_t first = next_++ % count;
  for (std::size_t i = 0; i < count && serving_[first]->ended(); ++i) first = next_++ % count;
  if (mode != Accept_Mode::least_loaded) return *serving_[first];
  std::size_t best = first;
  for (std::size_t i = 1; i < count; ++i) {
    const std::size_t other = (first + i) % count;
    if (parts_[other].connections.load(std::memory_order_relaxed) <
            parts_[best].connections.load(std::memory_order_relaxed) &&
        !serving_[other]->ended()) {
      best = other;
    }
  }
  return *serving_[best];
}

/// Once: it is shared by all that accept for the service.
Source_Limits* Service::limit_sources(std::size_t most, Duration penalty) {
  if (most != 0 && sources_ == nullptr) sources_ = std::make_unique<Source_Limits>(most, penalty);
  return sources_.get();
}

void Service::when_released(Callback callback) {
  released_ = std::move(callback);
  gone_->awaited = waiting_ != nullptr || released_;
}

void Service::await(Acceptor_Base* first) noexcept {
  waiting_ = first;
  gone_->room_awaited = waiting_ != nullptr;
  gone_->awaited = waiting_ != nullptr || released_;
}

void Service::connections_gone() noexcept {
  for (Acceptor_Base *acceptor = waiting_, *next = nullptr; acceptor != nullptr; acceptor = next) {
    next = acceptor->next_;
    acceptor->room();
  }
  if (released_) released_();
}

Outcome<> Service::publish(Metric_Registry& registry) {
  auto published = std::make_unique<Published_Metrics>();
  const auto add = [&](std::string_view what, const Counter& counter) -> Outcome<> {
    Metric_Name name{"strata_service_" + std::string{what} + "_total", {{"service", name_}}};
    Outcome<Metric_Registration> added = registry.add(std::move(name), counter);
    if (!added) return std::unexpected{std::move(added.error())};
    published->registrations.push_back(std::move(*added));
    return {};
  };
  const std::pair<std::string_view, const Counter&> all[] = {
      {"accepted", metrics_.accepted},           {"closed", metrics_.closed},
      {"shed", metrics_.shed},                   {"accept_errors", metrics_.accept_errors},
      {"accept_pauses", metrics_.pauses},        {"received_bytes", metrics_.bytes_in},
      {"sent_bytes", metrics_.bytes_out},        {"received_datagrams", metrics_.datagrams_in},
      {"sent_datagrams", metrics_.datagrams_out}, {"truncated_datagrams", metrics_.truncated},
      {"rejected_datagrams", metrics_.rejected}, {"receive_errors", metrics_.receive_errors},
      {"send_errors", metrics_.send_errors},
  };
  for (const auto& [what, counter] : all) {
    if (Outcome<> added = add(what, counter); !added) return added;
  }
  published_ = std::move(published);
  return {};
}

namespace {

/// At home, and in each other reactor that runs by a post: so it comes behind the connections that are on their way
/// there.
template <class Act>
void in_each(std::span<Reactor* const> serving, Reactor& home, Act act) {
  for (Reactor* one : serving) {
    if (one == &home) continue;
    if (one->on_strand()) {
      act(*one);
    } else {
      (void)one->post_reserved([act, one]() mutable { act(*one); });  // refused: it has ended
    }
  }
  act(home);
}

}  // namespace

void Service::drain() {
  in_each(serving_, home_, [group = group_, datagrams = datagram_group_](Reactor& reactor) {
    const auto connection = [](void*, Handler_Ref ref, Event_Handler&) {
      (void)ref.reactor()->invoke(ref, &Connection_Handler::run_drain);  // stale: it has ended by itself
    };
    const auto socket = [](void*, Handler_Ref ref, Event_Handler&) {
      (void)ref.reactor()->invoke(ref, &Dgram_Handler::run_drain);
    };
    reactor.for_each(group, connection, nullptr);
    reactor.for_each(datagrams, socket, nullptr);
  });
}

void Service::close_all(std::error_code reason) {
  in_each(serving_, home_, [group = group_, datagrams = datagram_group_, reason](Reactor& reactor) {
    const auto close = [](void* r, Handler_Ref ref, Event_Handler&) {
      (void)ref.reactor()->close(ref, *static_cast<const std::error_code*>(r));
    };
    std::error_code why = reason;
    reactor.for_each(group, close, &why);
    reactor.for_each(datagrams, close, &why);
  });
}

}  // namespace v1
}  // namespace strata
