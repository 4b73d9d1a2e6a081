// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Service.h>
#include <strata/connection/Dgram_Server.h>

#include "Chargen_Line.h"

/// Answers each datagram with a line of characters. RFC 864 asks for a random number of them, 0 to 512; one line is
/// within, and cannot be used to multiply somebody else's traffic by more.
class Chargen_Dgram final : public strata::Dgram_Handler {
 public:
  static constexpr bool reflects = true;

 private:
  Result<> handle_datagram(Bytes, const strata::INET_Addr& peer) override {
    line_.advance();
    return put(line_.text(), peer);
  }
  Chargen_Line line_;
};
STRATA_SERVICE(Dgram_Server<Chargen_Dgram>, "chargen-udp")
