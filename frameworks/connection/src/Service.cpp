// SPDX-License-Identifier: Apache-2.0
#include <strata/connection/Service.h>

#include <cassert>
#include <utility>

#include <strata/connection/Acceptor_Base.h>
#include <strata/connection/Svc_Handler.h>
#include <strata/logging/Log_System.h>
#include <strata/timers/Timer_Queue.h>

#include "Svc_State.h"

namespace strata {
inline namespace v1 {

Service::Service(std::string name, Reactor& home, Stream_Options stream, Budget* process, std::size_t byte_limit)
    : name_(std::move(name)),
      home_(home),
      stream_(stream),
      log_(Log_System::process().logger("service." + name_)),
      budget_(byte_limit, process),
      group_(home.new_group()) {
  home.timers().set_expiry(idle_timer_kind, &Svc_Handler::idle_expired, nullptr);
  home.timers().set_expiry(write_timer_kind, &Svc_Handler::write_expired, nullptr);
}

Service::~Service() { assert(connections_ == 0); }

void Service::attach() noexcept {
  ++connections_;
  ++counts_.accepted;
}

void Service::detach() noexcept {
  --connections_;
  ++counts_.closed;
  if (acceptor_ != nullptr) acceptor_->room();
  if (released_) released_();
}

void Service::drain() {
  home_.for_each(group_, [](void*, Handler_Ref, Event_Handler& h) { static_cast<Svc_Handler&>(h).handle_drain(); },
                 nullptr);
}

void Service::close_all(std::error_code reason) {
  home_.for_each(
      group_, [](void* r, Handler_Ref ref, Event_Handler&) {
        (void)ref.reactor()->close(ref, *static_cast<const std::error_code*>(r));  // never stale inside for_each
      },
      &reason);
}

}  // namespace v1
}  // namespace strata
