// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

#include <strata/connection/Service.h>
#include <strata/os/Clock.h>
#include <strata/timers/Callback.h>
#include <strata/timers/Timer.h>

namespace strata {
inline namespace v1 {

/// The end of a service's connections: asked to end, closed by force when `drain` is over, and told when none is left.
/// How many connections were cut off is logged, once. Owned by whoever owns the service; begun again, with less time.
class Service_Drain {
 public:
  void begin(Service& service, Duration drain, Callback stopped) {
    service_ = &service;
    stopped_ = std::move(stopped);
    service.when_released([this] { end_if_empty(); });
    const auto force = [this] { cut_off(); };
    if (drain > Duration{}) {
      service.drain();
      deadline_ = service.home().schedule(drain, force);
    } else {
      force();
    }
    end_if_empty();
  }

 private:
  void cut_off() {
    const std::size_t connections = service_->connections();
    const bool streams = service_->metrics().accepted.value() != 0;  // else these are its own datagram sockets
    if (connections != 0 && streams && !std::exchange(told_, true)) {
      service_->log().warning("connections were cut off", "service", service_->name(), "connections", connections);
    }
    service_->close_all(make_error_code(errc::stopping));
  }

  void end_if_empty() {
    if (!service_->idle()) return;
    deadline_.cancel();
    told_ = false;
    if (stopped_) std::exchange(stopped_, {})();
  }

  Service* service_ = nullptr;
  Timer deadline_;
  Callback stopped_;
  bool told_ = false;
};

}  // namespace v1
}  // namespace strata
