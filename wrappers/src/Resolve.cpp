// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <span>

#include <strata/os/Socket.h>
#include <strata/wrappers/Endpoint.h>
#include <strata/wrappers/INET_Addr.h>
#include <strata/wrappers/UNIX_Addr.h>

namespace strata {
inline namespace v1 {
namespace {

using Addresses = std::vector<os::Socket_Address>;

std::unexpected<Error> refuse(const Endpoint& endpoint, std::string_view why) {
  return std::unexpected{
      Error{std::make_error_code(std::errc::invalid_argument), endpoint.to_text() + ": " + std::string(why)}};
}

Addresses any_address(std::uint16_t port) {
  constexpr std::array<std::uint8_t, 16> zeros{};
  return {os::Socket_Address::ipv6(zeros, port), os::Socket_Address::ipv4(std::span{zeros}.first<4>(), port)};
}

Outcome<Addresses> resolve_inet(const Endpoint& endpoint, bool passive) {
  if (!passive && endpoint.is_any()) return refuse(endpoint, "* is no destination");
  if (!passive && endpoint.port() == 0) return refuse(endpoint, "port 0 is no destination");
  if (endpoint.is_any()) return any_address(endpoint.port());
  if (const auto literal = INET_Addr::parse(endpoint.name(), endpoint.port())) return Addresses{literal->native()};

  auto found = os::resolve({endpoint.name(), endpoint.port(), os::Family::unspecified, passive});
  if (!found) return fail(found.error(), "resolve " + endpoint.name());
  return std::move(*found);
}

}  // namespace

Outcome<Addresses> resolve(const Endpoint& endpoint, bool passive) {
  if (endpoint.is_inet()) return resolve_inet(endpoint, passive);
  if (endpoint.scheme() != Endpoint::Scheme::local) return refuse(endpoint, "an inherited socket has no address");
  const auto path = UNIX_Addr::parse(endpoint.name());
  const auto address = path ? path->native() : fail(path.error());
  if (!address) return fail(address.error(), endpoint.to_text());
  return Addresses{*address};
}

}  // namespace v1
}  // namespace strata
