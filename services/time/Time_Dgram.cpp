// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Service.h>
#include <strata/connection/Dgram_Server.h>

#include "Time_Answer.h"

/// Answers each datagram with the time as a machine reads it (RFC 868).
class Time_Dgram final : public strata::Dgram_Handler {
 public:
  static constexpr bool reflects = true;

 private:
  Result<> handle_datagram(Bytes, const strata::INET_Addr& peer) override {
    return put(strata::Const_Bytes{time_answer()}, peer);
  }
};
STRATA_SERVICE(Dgram_Server<Time_Dgram>, "time-udp")
