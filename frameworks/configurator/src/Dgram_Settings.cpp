// SPDX-License-Identifier: Apache-2.0
#include "Dgram_Settings.h"

#include <array>
#include <string>
#include <string_view>

#include <strata/configurator/Config_Value.h>
#include <strata/os/Datagram.h>
#include <strata/wrappers/Address_Text.h>
#include <strata/wrappers/INET_Addr.h>

namespace strata {
inline namespace v1 {
namespace {

constexpr std::string_view too_far =
    "this kind answers whoever asks, and a datagram's sender can be forged: serve loopback alone, or set `rate`";

template <auto member, class Type = Value_Type<decltype(detail::value_of(member))>>
constexpr Field key(std::string_view name, std::string_view help) {
  return field<member, Type, Dgram_Settings>(name, help);
}

/// What can be said before names are looked up; inherited sockets are the administrator's own choice.
bool leaves_loopback(const Endpoint& endpoint) {
  if (endpoint.is_any()) return true;
  const Result<INET_Addr> literal = INET_Addr::parse(endpoint.name(), 0);
  return literal && !literal->is_loopback();
}

}  // namespace

std::span<const Field> Dgram_Settings::fields() {
  using Own = Dgram_Settings;
  static constexpr std::array table{
      key<&Own::listen>("listen", "where it takes datagrams: udp://127.0.0.1:7007, or a list").must(),
      key<&Own::rate>("rate", "datagrams a second, after a burst of as many; others are dropped; 0: no limit")
          .within(0, 1'000'000'000),
      key<&Own::batch>("batch", "datagrams that one turn takes").within(1, os::max_datagrams),
      key<&Own::datagram_size, Size_Type>("datagram_size", "a longer datagram is dropped")
          .within(1, os::max_datagram),
      key<&Own::high_water, Size_Type>("high_water", "bytes of replies that may wait; more are refused")
          .within(1, 1LL << 40),
      key<&Own::receive_buffer, Size_Type>("receive_buffer", "bytes that the kernel holds; 0: its default")
          .within(0, 1LL << 30),
      key<&Own::queue_limit, Size_Type>("queue_limit", "bytes of replies that may wait in all; 0: no limit"),
  };
  return table;
}

Option_Table Dgram_Settings::defaults() {
  static const Dgram_Settings defaults;
  return {fields(), &defaults};
}

void Dgram_Settings::read(const Service_Config& config, bool reflects, const Fields_Of& own, Config_Errors& errors) {
  const std::size_t mistakes = errors.size();
  read_fields(config.node, {{fields(), this}, own}, errors, service_keys);
  if (errors.size() != mistakes) return;  // what follows would repeat them
  const Config_Node& node = *config.node.find("listen");
  for (std::size_t i = 0; i < listen.size(); ++i) {
    const Config_Node& place = node.is_sequence() ? node[i] : node;
    if (listen[i].scheme() != Endpoint::Scheme::udp && !listen[i].is_inherited()) {
      errors.at_value(place, "this kind takes datagrams: expected udp://, fd:// or systemd://");
    } else if (reflects && rate == 0 && leaves_loopback(listen[i])) {
      errors.at_value(place, std::string{too_far});
    }
  }
}

Outcome<> Dgram_Settings::check_reach(const std::vector<os::Socket_Address>& addresses) const {
  if (rate != 0) return {};
  for (const os::Socket_Address& address : addresses) {
    const Result<INET_Addr> inet = INET_Addr::from(address);
    if (inet && inet->is_loopback()) continue;
    return std::unexpected{Error{std::make_error_code(std::errc::operation_not_permitted),
                                 to_text(address) + ": " + std::string{too_far}}};
  }
  return {};
}

}  // namespace v1
}  // namespace strata
