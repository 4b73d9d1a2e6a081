// SPDX-License-Identifier: Apache-2.0
#include <strata/logging/Log_Format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstddef>

#include "Escape.h"

namespace strata {
inline namespace v1 {

namespace {

constexpr std::array<std::string_view, 3> words{"classic", "iso", "json"};

template <class Number>
void append_number(Number value, std::string& out) {
  std::array<char, 32> text;  // the longest double has 24 characters
  out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr);
}

void append_padded(std::uint64_t value, std::size_t digits, std::string& out) {
  out.append(digits, '0');
  for (auto at = out.rbegin(); digits > 0; --digits, ++at, value /= 10) *at = static_cast<char>('0' + value % 10);
}

/// 2026-11-22 10:10:30.123 with `between` for the blank and `digits` of the second's fraction.
void append_time(std::int64_t time_ns, char between, std::size_t digits, std::string& out) {
  using namespace std::chrono;
  const sys_time<nanoseconds> time{nanoseconds{time_ns}};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss<nanoseconds> clock{time - day};
  append_padded(static_cast<std::uint64_t>(std::max(0, static_cast<int>(date.year()))), 4, out);
  append_padded(static_cast<unsigned>(date.month()), 2, out += '-');
  append_padded(static_cast<unsigned>(date.day()), 2, out += '-');
  append_padded(static_cast<std::uint64_t>(clock.hours().count()), 2, out += between);
  append_padded(static_cast<std::uint64_t>(clock.minutes().count()), 2, out += ':');
  append_padded(static_cast<std::uint64_t>(clock.seconds().count()), 2, out += ':');
  append_padded(static_cast<std::uint64_t>(clock.subseconds().count()), 9, out += '.');
  out.resize(out.size() - (9 - digits));
}

/// `value` / 10^`digits`, exactly and without trailing zeros.
void append_decimal(std::int64_t value, std::size_t digits, std::string& out) {
  std::uint64_t magnitude = static_cast<std::uint64_t>(value);
  if (value < 0) {
    out += '-';
    magnitude = 0 - magnitude;
  }
  std::uint64_t unit = 1;
  for (std::size_t i = 0; i < digits; ++i) unit *= 10;
  append_number(magnitude / unit, out);
  if (magnitude % unit == 0) return;
  append_padded(magnitude % unit, digits, out += '.');
  out.resize(out.find_last_not_of('0') + 1);
}

/// In the largest unit that leaves a whole part: 250ms, 1.5s.
void append_duration(Duration value, std::string& out) {
  struct Unit {
    std::size_t digits;
    std::int64_t least;
    std::string_view name;
  };
  constexpr std::array<Unit, 3> units{{{9, 1'000'000'000, "s"}, {6, 1'000'000, "ms"}, {3, 1'000, "us"}}};
  const std::int64_t ns = value.count();
  for (const Unit& unit : units) {
    if (ns < unit.least && ns > -unit.least) continue;
    append_decimal(ns, unit.digits, out);
    out += unit.name;
    return;
  }
  append_decimal(ns, 0, out);
  out += ns == 0 ? "s" : "ns";
}

using Append_Text = void (*)(std::string_view, std::string&);

void append_value(const Log_Value& value, bool json, std::string& out) {
  const Append_Text append_text = json ? append_json : append_word;
  switch (value.kind()) {
    case Log_Value::Kind::none: out += json ? "null" : "-"; return;
    case Log_Value::Kind::text: append_text(value.text(), out); return;
    case Log_Value::Kind::boolean: out += value.boolean() ? "true" : "false"; return;
    case Log_Value::Kind::integer: append_number(value.integer(), out); return;
    case Log_Value::Kind::natural: append_number(value.natural(), out); return;
    case Log_Value::Kind::real:
      if (json && !std::isfinite(value.real())) out += "null";  // JSON has no word for it
      else append_number(value.real(), out);
      return;
    case Log_Value::Kind::duration:
      if (json) append_decimal(value.duration().count(), 9, out);  // seconds
      else append_duration(value.duration(), out);
      return;
    case Log_Value::Kind::error: append_text(value.error().message(), out); return;
    case Log_Value::Kind::rendered: {
      std::string text;
      value.render(text);
      append_text(text, out);
      return;
    }
  }
}

template <class Append>
void for_each_field(const Log_Record& record, Append append) {
  const Log_Context& context = record.context;
  if (!context.service.empty()) append("service", Log_Value{context.service});
  if (context.connection != 0) append("connection", Log_Value{context.connection});
  if (context.peer.kind() != Log_Value::Kind::none) append("peer", context.peer);
  for (std::size_t i = 0; i + 1 < record.pairs.size(); i += 2) append(record.pairs[i].text(), record.pairs[i + 1]);
}

void append_head(Log_Format format, const Log_Record& record, std::string& out) {
  constexpr std::array<std::string_view, 7> names{"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "CRIT", "OFF"};
  const bool classic = format == Log_Format::classic;
  append_time(record.time_ns, classic ? ' ' : 'T', classic ? 3 : 6, out);
  out += classic ? " " : "Z ";
  const std::string_view name = names[static_cast<std::size_t>(record.level)];
  out += name;
  out.append(classic ? 6 - name.size() : 1, ' ');
}

void format_text(Log_Format format, const Log_Record& record, std::string& out) {
  append_head(format, record, out);
  out += '[';
  append_plain(record.category, out);
  out += "] ";
  append_plain(record.message, out);
  for_each_field(record, [&out](std::string_view name, const Log_Value& value) {
    append_word(name, out += ' ');
    append_value(value, false, out += '=');
  });
}

void format_json(const Log_Record& record, std::string& out) {
  out += "{\"time\":\"";
  append_time(record.time_ns, 'T', 6, out);
  out += "Z\",\"level\":\"";
  out += to_text(record.level);
  append_json(record.category, out += "\",\"category\":");
  append_json(record.message, out += ",\"message\":");
  for_each_field(record, [&out](std::string_view name, const Log_Value& value) {
    append_json(name, out += ',');
    append_value(value, true, out += ':');
  });
  out += '}';
}

}  // namespace

std::string_view to_text(Log_Format format) noexcept { return words[static_cast<std::size_t>(format)]; }

std::optional<Log_Format> parse_log_format(std::string_view word) noexcept {
  const auto found = std::ranges::find(words, word);
  if (found == words.end()) return std::nullopt;
  return static_cast<Log_Format>(found - words.begin());
}

void format_line(Log_Format format, const Log_Record& record, std::string& out) {
  if (format == Log_Format::json) format_json(record, out);
  else format_text(format, record, out);
}

}  // namespace v1
}  // namespace strata
