// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Service.h>
#include <strata/connection/Dgram_Server.h>

#include "Daytime_Text.h"

/// Answers each datagram with the time as a person reads it (RFC 867).
class Daytime_Dgram final : public strata::Dgram_Handler {
 public:
  static constexpr bool reflects = true;

 private:
  Result<> handle_datagram(Bytes, const strata::INET_Addr& peer) override { return put(daytime_text(), peer); }
};
STRATA_SERVICE(Dgram_Server<Daytime_Dgram>, "daytime-udp")
