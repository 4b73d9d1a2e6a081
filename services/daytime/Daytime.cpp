// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <chrono>
#include <cstdio>
#include <string_view>

#include <strata/configurator/Service.h>
#include <strata/connection/Acceptor.h>
#include <strata/connection/Svc_Handler.h>
#include <strata/os/Clock.h>

/// Says the time as a person reads it, and closes (RFC 867): "Thursday, November 26, 2026 23:55:20-UTC".
class Daytime final : public strata::Svc_Handler {
 public:
  static constexpr auto first_speaker = strata::First_Speaker::server;

 private:
  static constexpr std::array days{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
  static constexpr std::array months{"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};

  Result<> open() override {
    using namespace std::chrono;
    const sys_seconds now{floor<seconds>(nanoseconds{strata::os::wall_clock_ns()})};
    const sys_days day = floor<std::chrono::days>(now);
    const year_month_day date{day};
    const hh_mm_ss time{now - day};
    char text[80];
    const int size = std::snprintf(
        text, sizeof text, "%s, %s %u, %d %02d:%02d:%02d-UTC\r\n", days[weekday{day}.c_encoding()],
        months[unsigned{date.month()} - 1], unsigned{date.day()}, int{date.year()},
        static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
        static_cast<int>(time.seconds().count()));
    const Result<> said = put(std::string_view{text, static_cast<std::size_t>(size)});
    close_when_flushed();
    return said;
  }
  Result<> handle_data(Bytes) override { return {}; }
};
STRATA_SERVICE(Acceptor<Daytime>, "daytime")
