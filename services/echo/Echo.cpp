// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Service.h>
#include <strata/connection/Acceptor.h>
#include <strata/connection/Svc_Handler.h>

class Echo final : public strata::Svc_Handler {
  Result<> handle_data(Bytes data) override { return put(data); }  // corked: leaves when the upcall returns
};
STRATA_SERVICE(Acceptor<Echo>, "echo")
