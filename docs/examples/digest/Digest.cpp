// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>
#include <string_view>

#include <strata/configurator/Service.h>
#include <strata/connection/Acceptor.h>
#include <strata/connection/Line_Handler.h>

/// FNV-1a, over and over, so that it takes long.
std::uint32_t digest(std::string_view text) {
  std::uint32_t hash = 2166136261;
  for (int round = 0; round < 1000; ++round) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619;
  }
  return hash;
}

/// Answers each line with its digest, which the workers make.
class Digest final : public strata::Line_Handler {
 public:
  static constexpr auto first_speaker = strata::First_Speaker::client;
  Digest() : Line_Handler(1024) {}

 private:
  Result<> handle_line(std::string_view line) override {
    return offload([text = std::string{line}] { return digest(text); },
                   [this](std::uint32_t sum) { return put(std::to_string(sum) + '\n'); });
  }
};
STRATA_SERVICE(Acceptor<Digest>, "digest")
