// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Service.h>
#include <strata/connection/Acceptor.h>
#include <strata/connection/Svc_Handler.h>

class Echo final : public strata::Svc_Handler {
 public:
  static constexpr auto first_speaker = strata::First_Speaker::client;  // so that a listener may say `defer_accept`

 private:
  Result<> handle_data(Bytes data) override { return put(data); }  // corked: leaves when the upcall returns
};
STRATA_SERVICE(Acceptor<Echo>, "echo")
