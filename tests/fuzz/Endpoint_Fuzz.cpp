// SPDX-License-Identifier: Apache-2.0
// Any bytes either are an endpoint whose canonical text parses to an equal one, or give an error that lies inside the
// text and reads as plain ASCII.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <strata/wrappers/Endpoint.h>
#include <strata/wrappers/INET_Addr.h>

using namespace strata;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_error(const Parse_Error& error, std::string_view text) {
  require(error.offset <= text.size());
  require(!error.what.empty());
  require(std::all_of(error.what.begin(), error.what.end(), [](char c) { return c >= ' ' && c <= '~'; }));
}

void check_endpoint(const Endpoint& endpoint) {
  const auto again = Endpoint::parse(endpoint.to_text());
  require(again && *again == endpoint && again->to_text() == endpoint.to_text());
  if (endpoint.is_any() || (endpoint.is_inet() && !INET_Addr::parse(endpoint.name(), 1))) return;  // asks no resolver
  const bool inherited = endpoint.scheme() == Endpoint::Scheme::descriptor ||
                         endpoint.scheme() == Endpoint::Scheme::systemd;
  const auto addresses = resolve(endpoint, true);
  require(addresses.has_value() != inherited);
  if (addresses) require(addresses->size() == 1 && addresses->front().port() == endpoint.port());
}

void check_address(std::string_view text) {
  const auto address = INET_Addr::parse(text);
  if (!address) return;
  require(INET_Addr::parse(address->to_text()) == address);
  require(INET_Addr::from(address->native()) == address);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto endpoint = Endpoint::parse(text);
  endpoint ? check_endpoint(*endpoint) : check_error(endpoint.error(), text);
  check_address(text);
  return 0;
}
