// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstddef>
#include <string_view>

#include <strata/configurator/Service.h>
#include <strata/connection/Acceptor.h>
#include <strata/connection/Svc_Handler.h>

/// Sends lines of characters as fast as the peer takes them, and throws away what it gets (RFC 864).
class Chargen final : public strata::Svc_Handler {
 public:
  static constexpr auto first_speaker = strata::First_Speaker::server;

 private:
  static constexpr std::size_t columns = 72, characters = 95;
  static constexpr int lines_a_turn = 800;  // others have their turn after 57 KiB

  Result<> open() override { return generate(); }
  Result<> handle_writable() override { return generate(); }
  Result<> handle_data(Bytes) override { return {}; }
  void handle_drain() override {
    ending_ = true;
    close_when_flushed(strata::errc::stopping);
  }

  Result<> generate() {
    if (ending_) return {};
    for (int done = 0; done < lines_a_turn; ++done, first_ = (first_ + 1) % characters) {
      std::array<char, columns + 2> line;
      for (std::size_t i = 0; i < columns; ++i) line[i] = static_cast<char>(' ' + (first_ + i) % characters);
      line[columns] = '\r', line[columns + 1] = '\n';
      if (const Result<> said = put(std::string_view{line.data(), line.size()}); !said) return said;
    }
    if (queued() > service().stream().high_water) return {};  // handle_writable goes on
    return home().post(ref(), [this] {
      if (const Result<> said = generate(); !said) close(said.error());
    });
  }

  std::size_t first_ = 0;
  bool ending_ = false;
};
STRATA_SERVICE(Acceptor<Chargen>, "chargen")
