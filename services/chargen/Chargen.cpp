// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Service.h>
#include <strata/connection/Acceptor.h>
#include <strata/connection/Svc_Handler.h>

#include "Chargen_Line.h"

/// Sends lines of characters as fast as the peer takes them, and throws away what it gets (RFC 864).
class Chargen final : public strata::Svc_Handler {
 public:
  static constexpr auto first_speaker = strata::First_Speaker::server;

 private:
  static constexpr int lines_a_turn = 800;  // others have their turn after 57 KiB

  Result<> open() override { return generate(); }
  Result<> handle_writable() override { return generate(); }
  Result<> handle_data(Bytes) override { return {}; }
  void handle_drain() override {
    ending_ = true;
    close_when_flushed(strata::errc::stopping);
  }

  Result<> generate() {
    for (int done = 0; done < lines_a_turn && !ending_; ++done, line_.advance()) {
      if (const Result<> said = put(line_.text()); !said) return said;
    }
    if (ending_ || queued() > service().stream().high_water) return {};  // handle_writable goes on
    return home().post(ref(), [this] {
      if (const Result<> said = generate(); !said) close(said.error());
    });
  }

  Chargen_Line line_;
  bool ending_ = false;
};
STRATA_SERVICE(Acceptor<Chargen>, "chargen")
