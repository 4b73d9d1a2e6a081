// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// Numeric addresses as text, without the system: inet_pton(3) needs its headers, getaddrinfo(3) takes "127.1".
namespace strata {
inline namespace v1 {

/// Four decimal numbers without leading zeros. Source: RFC 6943 section 3.1.1, "strict".
std::optional<std::array<std::uint8_t, 4>> parse_ipv4(std::string_view text) noexcept;

/// Source: RFC 4291 section 2.2; no scope, no brackets.
std::optional<std::array<std::uint8_t, 16>> parse_ipv6(std::string_view text) noexcept;

/// Decimal digits alone, no leading zero, at most `limit`.
std::optional<std::uint32_t> parse_number(std::string_view text,
                                          std::uint32_t limit = std::numeric_limits<std::uint32_t>::max()) noexcept;

std::string ipv4_text(std::span<const std::uint8_t, 4> address);

/// Canonical. Source: RFC 5952; mixed notation for ::ffff:0:0/96 alone (its section 5).
std::string ipv6_text(std::span<const std::uint8_t, 16> address);

}  // namespace v1
}  // namespace strata
