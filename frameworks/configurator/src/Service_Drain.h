// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <strata/connection/Service.h>
#include <strata/os/Clock.h>
#include <strata/timers/Callback.h>
#include <strata/timers/Timer.h>

namespace strata {
inline namespace v1 {

/// The end of a service's connections: asked to end, closed by force when `drain` is over, and told when none is left.
/// Owned by whoever owns the service; begun again, with less time.
class Service_Drain {
 public:
  void begin(Service& service, Duration drain, Callback stopped) {
    service_ = &service;
    stopped_ = std::move(stopped);
    service.when_released([this] { end_if_empty(); });
    const auto force = [this] { service_->close_all(make_error_code(errc::stopping)); };
    if (drain > Duration{}) {
      service.drain();
      deadline_ = service.home().schedule(drain, force);
    } else {
      force();
    }
    end_if_empty();
  }

 private:
  void end_if_empty() {
    if (!service_->idle()) return;
    deadline_.cancel();
    if (stopped_) std::exchange(stopped_, {})();
  }

  Service* service_ = nullptr;
  Timer deadline_;
  Callback stopped_;
};

}  // namespace v1
}  // namespace strata
