// SPDX-License-Identifier: Apache-2.0
#include <strata/connection/Service.h>

#include <cassert>
#include <string_view>
#include <utility>
#include <vector>

#include <strata/connection/Acceptor_Base.h>
#include <strata/connection/Dgram_Handler.h>
#include <strata/connection/Svc_Handler.h>
#include <strata/logging/Log_System.h>
#include <strata/metrics/Metric_Registry.h>
#include <strata/timers/Timer_Queue.h>

#include "Svc_State.h"

namespace strata {
inline namespace v1 {

/// Apart, so that a handler's includes do not grow by the registry's.
struct Published_Metrics {
  std::vector<Metric_Registration> registrations;
};

Service::Service(std::string name, Reactor& home, Stream_Options stream, Budget* process, std::size_t byte_limit)
    : name_(std::move(name)),
      home_(home),
      stream_(stream),
      log_(Log_System::process().logger("service." + name_)),
      budget_(byte_limit, process),
      group_(home.new_group()),
      datagram_group_(home.new_group()) {
  home.timers().set_expiry(idle_timer_kind, &Svc_Handler::idle_expired, nullptr);
  home.timers().set_expiry(write_timer_kind, &Svc_Handler::write_expired, nullptr);
}

Service::~Service() { assert(connections_ == 0); }

void Service::attach() noexcept { ++connections_; }

void Service::detach() noexcept {
  --connections_;
  for (Acceptor_Base *acceptor = waiting_, *next = nullptr; acceptor != nullptr; acceptor = next) {
    next = acceptor->next_;
    acceptor->room();
  }
  if (released_) released_();
}

Outcome<> Service::publish(Metric_Registry& registry) {
  auto published = std::make_unique<Published_Metrics>();
  const auto add = [&](std::string_view what, const Local_Counter& counter) -> Outcome<> {
    Metric_Name name{"strata_service_" + std::string{what} + "_total", {{"service", name_}}};
    Outcome<Metric_Registration> added = registry.add(std::move(name), counter);
    if (!added) return std::unexpected{std::move(added.error())};
    published->registrations.push_back(std::move(*added));
    return {};
  };
  const std::pair<std::string_view, const Local_Counter&> all[] = {
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

void Service::drain() {
  // Never stale inside for_each.
  const auto connection = [](void*, Handler_Ref ref, Event_Handler&) {
    (void)ref.reactor()->invoke(ref, &Svc_Handler::run_drain);
  };
  const auto datagrams = [](void*, Handler_Ref ref, Event_Handler&) {
    (void)ref.reactor()->invoke(ref, &Dgram_Handler::run_drain);
  };
  home_.for_each(group_, connection, nullptr);
  home_.for_each(datagram_group_, datagrams, nullptr);
}

void Service::close_all(std::error_code reason) {
  const auto close = [](void* r, Handler_Ref ref, Event_Handler&) {
    (void)ref.reactor()->close(ref, *static_cast<const std::error_code*>(r));  // never stale inside for_each
  };
  home_.for_each(group_, close, &reason);
  home_.for_each(datagram_group_, close, &reason);
}

}  // namespace v1
}  // namespace strata
