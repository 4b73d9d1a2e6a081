// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdio>
#include <string>

#include <strata/os/Clock.h>

/// The time in UTC as a person reads it, in one of the forms that RFC 867 proposes:
/// "Thursday, November 26, 2026 23:55:20-UTC\r\n".
inline std::string daytime_text() {
  using namespace std::chrono;
  static constexpr std::array days{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
  static constexpr std::array months{"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};
  const sys_seconds now{floor<seconds>(nanoseconds{strata::os::wall_clock_ns()})};
  const sys_days day = floor<std::chrono::days>(now);
  const year_month_day date{day};
  const hh_mm_ss time{now - day};
  char text[80];
  std::snprintf(text, sizeof text, "%s, %s %u, %d %02d:%02d:%02d-UTC\r\n", days[weekday{day}.c_encoding()],
                months[unsigned{date.month()} - 1], unsigned{date.day()}, int{date.year()},
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return text;
}
