// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Service.h>
#include <strata/connection/Dgram_Server.h>

/// Throws away what it gets (RFC 863).
class Discard_Dgram final : public strata::Dgram_Handler {
  Result<> handle_datagram(Bytes, const strata::INET_Addr&) override { return {}; }
};
STRATA_SERVICE(Dgram_Server<Discard_Dgram>, "discard-udp")
