// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Service.h>
#include <strata/connection/Acceptor.h>
#include <strata/connection/Svc_Handler.h>

/// Throws away what it gets (RFC 863).
class Discard final : public strata::Svc_Handler {
 public:
  static constexpr auto first_speaker = strata::First_Speaker::client;

 private:
  Result<> handle_data(Bytes) override { return {}; }
};
STRATA_SERVICE(Acceptor<Discard>, "discard")
