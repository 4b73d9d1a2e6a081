// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Service.h>
#include <strata/connection/Acceptor.h>
#include <strata/connection/Svc_Handler.h>

#include "Daytime_Text.h"

/// Says the time as a person reads it, and closes (RFC 867).
class Daytime final : public strata::Svc_Handler {
 public:
  static constexpr auto first_speaker = strata::First_Speaker::server;

 private:
  Result<> open() override {
    const Result<> said = put(daytime_text());
    close_when_flushed();
    return said;
  }
  Result<> handle_data(Bytes) override { return {}; }
};
STRATA_SERVICE(Acceptor<Daytime>, "daytime")
