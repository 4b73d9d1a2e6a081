// SPDX-License-Identifier: Apache-2.0
#include "IP_Literal.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace strata {
inline namespace v1 {
namespace {

/// The groups on one side of "::", or of the whole address.
struct Groups {
  std::array<std::uint16_t, 8> value{};
  std::size_t count = 0;

  bool push(std::uint32_t group) noexcept {
    if (count == value.size()) return false;
    value[count++] = static_cast<std::uint16_t>(group);
    return true;
  }
};

bool parse_group(std::string_view text, Groups& groups) noexcept {
  unsigned value = 0;
  const char* end = text.data() + text.size();
  if (text.empty() || text.size() > 4) return false;
  const auto [stop, error] = std::from_chars(text.data(), end, value, 16);
  return error == std::errc{} && stop == end && groups.push(value);
}

bool parse_embedded_ipv4(std::string_view text, Groups& groups) noexcept {
  const auto v4 = parse_ipv4(text);
  return v4 && groups.push((*v4)[0] * 256U + (*v4)[1]) && groups.push((*v4)[2] * 256U + (*v4)[3]);
}

/// Groups between colons; empty text is none. An IPv4 address may stand for the last two groups of the address.
bool parse_groups(std::string_view text, bool to_the_end, Groups& groups) noexcept {
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) {
      return to_the_end && text.contains('.') ? parse_embedded_ipv4(text, groups) : parse_group(text, groups);
    }
    if (!parse_group(text.substr(0, colon), groups)) return false;
    text.remove_prefix(colon + 1);
    if (text.empty()) return false;
  }
  return true;
}

struct Run {
  std::size_t begin = 0, length = 0;
};

/// The zeros that "::" stands for: the longest run, the first of equals, never a single group.
Run longest_zero_run(std::span<const std::uint16_t, 8> groups) noexcept {
  Run best, run;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    run = groups[i] != 0 ? Run{i + 1, 0} : Run{run.begin, run.length + 1};
    if (run.length > best.length) best = run;
  }
  return best.length > 1 ? best : Run{};
}

void append_hex(std::string& text, std::uint16_t group) {
  std::array<char, 4> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), group, 16).ptr;
  text.append(digits.data(), end);
}

bool is_ipv4_mapped(std::span<const std::uint8_t, 16> address) noexcept {
  return std::all_of(address.begin(), address.begin() + 10, [](std::uint8_t byte) { return byte == 0; }) &&
         address[10] == 0xff && address[11] == 0xff;
}

}  // namespace

std::optional<std::uint32_t> parse_number(std::string_view text, std::uint32_t limit) noexcept {
  std::uint32_t value = 0;
  const char* end = text.data() + text.size();
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  const auto [stop, error] = std::from_chars(text.data(), end, value, 10);
  if (error != std::errc{} || stop != end || value > limit) return std::nullopt;
  return value;
}

std::optional<std::array<std::uint8_t, 4>> parse_ipv4(std::string_view text) noexcept {
  std::array<std::uint8_t, 4> address{};
  for (std::size_t i = 0; i < address.size(); ++i) {
    const std::size_t length = i + 1 < address.size() ? text.find('.') : text.size();
    if (length == std::string_view::npos) return std::nullopt;
    const auto octet = parse_number(text.substr(0, length), 255);
    if (!octet) return std::nullopt;
    address[i] = static_cast<std::uint8_t>(*octet);
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return address;
}

std::optional<std::array<std::uint8_t, 16>> parse_ipv6(std::string_view text) noexcept {
  Groups head, tail;
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    if (!parse_groups(text, true, head) || head.count != 8) return std::nullopt;
  } else if (!parse_groups(text.substr(0, gap), false, head) || !parse_groups(text.substr(gap + 2), true, tail) ||
             head.count + tail.count > 7) {
    return std::nullopt;
  }
  std::copy_n(tail.value.begin(), tail.count, head.value.end() - static_cast<std::ptrdiff_t>(tail.count));

  std::array<std::uint8_t, 16> address{};
  for (std::size_t i = 0; i < 8; ++i) {
    address[2 * i] = static_cast<std::uint8_t>(head.value[i] >> 8);
    address[2 * i + 1] = static_cast<std::uint8_t>(head.value[i] & 0xff);
  }
  return address;
}

std::string ipv4_text(std::span<const std::uint8_t, 4> address) {
  std::string text;
  for (const std::uint8_t octet : address) {
    if (!text.empty()) text += '.';
    text += std::to_string(octet);
  }
  return text;
}

std::string ipv6_text(std::span<const std::uint8_t, 16> address) {
  if (is_ipv4_mapped(address)) return "::ffff:" + ipv4_text(address.last<4>());

  std::array<std::uint16_t, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) groups[i] = static_cast<std::uint16_t>(address[2 * i] << 8 | address[2 * i + 1]);
  const Run zeros = longest_zero_run(groups);
  std::string text;
  for (std::size_t i = 0; i < 8; ++i) {
    if (zeros.length != 0 && i == zeros.begin) {
      text += "::";
      i += zeros.length - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    append_hex(text, groups[i]);
  }
  return text;
}

}  // namespace v1
}  // namespace strata
