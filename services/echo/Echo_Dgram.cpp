// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Service.h>
#include <strata/connection/Dgram_Server.h>

/// Sends each datagram back (RFC 862).
class Echo_Dgram final : public strata::Dgram_Handler {
 public:
  static constexpr bool reflects = true;

 private:
  Result<> handle_datagram(Bytes bytes, const strata::INET_Addr& peer) override { return put(bytes, peer); }
};
STRATA_SERVICE(Dgram_Server<Echo_Dgram>, "echo-udp")
