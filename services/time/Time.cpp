// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include <strata/configurator/Service.h>
#include <strata/connection/Acceptor.h>
#include <strata/connection/Svc_Handler.h>
#include <strata/os/Clock.h>

/// Says the seconds since 1900 as 32 bits, most significant first, and closes (RFC 868). They wrap in 2036.
class Time final : public strata::Svc_Handler {
 public:
  static constexpr auto first_speaker = strata::First_Speaker::server;

 private:
  static constexpr std::int64_t from_1900_to_1970 = 2'208'988'800;

  Result<> open() override {
    const std::int64_t seconds = strata::os::wall_clock_ns() / 1'000'000'000 + from_1900_to_1970;
    std::byte answer[4];
    for (int i = 0; i < 4; ++i) answer[i] = static_cast<std::byte>(seconds >> (24 - 8 * i));
    const Result<> said = put(strata::Const_Bytes{answer});
    close_when_flushed();
    return said;
  }
  Result<> handle_data(Bytes) override { return {}; }
};
STRATA_SERVICE(Acceptor<Time>, "time")
