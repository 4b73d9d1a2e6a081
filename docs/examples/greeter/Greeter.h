// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <strata/connection/Svc_Handler.h>

/// A conversation by lines: greets every name, ends at "bye". Who is silent is asked once, then left.
class Greeter final : public strata::Svc_Handler {
 public:
  static constexpr auto first_speaker = strata::First_Speaker::server;
  static constexpr strata::Duration patience = std::chrono::seconds{10};

 private:
  Result<> open() override {
    silence_ = schedule(patience, [this] { silent(); }, patience);
    return put("Who are you?\n");
  }

  Result<> handle_data(Bytes bytes) override {
    silence_.reset(patience);
    asked_ = false;
    std::string_view rest = strata::as_text(bytes);
    for (std::size_t end = 0; (end = rest.find('\n')) != rest.npos; rest.remove_prefix(end + 1)) {
      const std::string name{rest.substr(0, end)};
      if (name == "bye") return leave("Goodbye!\n");
      if (const Result<> greeted = put("Hello, " + name + "!\n"); !greeted) return greeted;
    }
    return unread(strata::as_bytes(rest));  // half a line: the next call starts with it
  }

  void silent() {
    const bool again = std::exchange(asked_, true);
    (void)(again ? leave("Goodbye, then.\n", strata::errc::idle_timeout) : put("Are you there?\n"));
  }

  Result<> leave(std::string_view words, std::error_code reason = {}) {
    const Result<> said = put(words);
    close_when_flushed(reason);
    return said;
  }

  strata::Timer silence_;  // dies with the connection
  bool asked_ = false;
};
