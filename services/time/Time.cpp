// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Service.h>
#include <strata/connection/Acceptor.h>
#include <strata/connection/Svc_Handler.h>

#include "Time_Answer.h"

/// Says the time as a machine reads it, and closes (RFC 868).
class Time final : public strata::Svc_Handler {
 public:
  static constexpr auto first_speaker = strata::First_Speaker::server;

 private:
  Result<> open() override {
    const Result<> said = put(strata::Const_Bytes{time_answer()});
    close_when_flushed();
    return said;
  }
  Result<> handle_data(Bytes) override { return {}; }
};
STRATA_SERVICE(Acceptor<Time>, "time")
