// SPDX-License-Identifier: Apache-2.0
#include "Acceptor_Settings.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <strata/configurator/Config_Value.h>

namespace strata {
inline namespace v1 {
namespace {

constexpr std::array<std::string_view, 3> overflow_words{"pause", "close", "shed"};  // as Overflow has them
constexpr std::int64_t longest_timeout = std::chrono::nanoseconds{std::chrono::hours{24 * 365}}.count();
constexpr std::int64_t longest_deferral = std::chrono::nanoseconds{std::chrono::minutes{5}}.count();

template <auto member, class Type = Value_Type<decltype(detail::value_of(member))>>
constexpr Field key(std::string_view name, std::string_view help) {
  return field<member, Type, Acceptor_Settings>(name, help);
}

using Own = Acceptor_Settings;

constexpr std::array all_fields{
    key<&Own::listen>("listen", "where it accepts: tcp://127.0.0.1:7007, unix:///run/echo, or a list").must(),
    key<&Own::socket_mode, Permissions_Type>("socket_mode", "permissions of a UNIX socket: 0660; 0: the umask's"),
    key<&Own::socket_owner>("socket_owner", "of a UNIX socket: USER, USER:GROUP or :GROUP; empty: this process's"),
    key<&Own::idle_timeout>("idle_timeout", "closes a connection when nothing moved for so long; 0s: never")
        .within(0, longest_timeout),
    key<&Own::write_timeout>("write_timeout", "closes a connection whose peer took nothing for so long; 0s: never")
        .within(0, longest_timeout),
    key<&Own::high_water, Size_Type>("high_water", "bytes queued for a peer, beyond which `overflow` acts")
        .within(1, 1LL << 40),
    key<&Own::low_water, Size_Type>("low_water", "bytes queued, below which a paused connection reads again"),
    key<&Own::overflow, Choice_Type<overflow_words>>("overflow", "what the high-water mark does"),
    key<&Own::backlog>("backlog", "connections that the kernel may hold for the service").within(1, 1 << 20),
    key<&Own::max_connections>("max_connections", "others wait in the backlog; 0: no cap"),
    key<&Own::max_per_source>("max_per_source", "of one IPv4 address or IPv6 /64; others are reset; 0: no cap"),
    key<&Own::source_penalty>("source_penalty", "how long a source that asked for more is refused after; 0s: not")
        .within(0, longest_timeout),
    key<&Own::defer_accept>("defer_accept", "accepts when the first bytes are there, or after so long; 0s: at once")
        .within(0, longest_deferral),
    key<&Own::shed_when_full>("shed_when_full", "out of descriptors: turns peers away instead of letting them wait"),
    key<&Own::queue_limit, Size_Type>("queue_limit", "bytes that all its connections may have queued; 0: no limit"),
};

/// Those of what Strata queues for a peer.
constexpr std::array<std::string_view, 4> of_queues{"write_timeout", "high_water", "low_water", "overflow"};
constexpr auto without_queues = [] {
  std::array<Field, all_fields.size() - of_queues.size()> fields{};
  std::ranges::remove_copy_if(all_fields, fields.begin(), [](const Field& field) {
    return std::ranges::find(of_queues, field.key) != of_queues.end();
  });
  return fields;
}();

}  // namespace

std::span<const Field> Acceptor_Settings::fields(Kind kind) {
  if (kind.by_operations) return without_queues;
  return all_fields;
}

Option_Table Acceptor_Settings::defaults(Kind kind) {
  static const Acceptor_Settings defaults;
  return {fields(kind), &defaults};
}

void Acceptor_Settings::read(const Service_Config& config, Kind kind, const Fields_Of& own, Config_Errors& errors) {
  const std::size_t mistakes = errors.size();
  read_fields(config.node, {{fields(kind), this}, own}, errors, service_keys);
  if (errors.size() != mistakes) return;  // what follows would repeat them

  const auto refuse = [&](std::string_view name, const std::string& message) {
    if (const Config_Node* node = config.node.find(name)) errors.at_value(*node, message);
  };
  for (std::size_t i = 0; i < listen.size(); ++i) {
    if (listen[i].scheme() != Endpoint::Scheme::udp) continue;
    const Config_Node& node = *config.node.find("listen");
    errors.at_value(node.is_sequence() ? node[i] : node,
                    "this kind accepts connections: expected tcp://, unix://, fd:// or systemd://");
  }
  if (defer_accept != Duration{} && !kind.client_speaks_first) {
    refuse("defer_accept", "only for kinds whose client speaks first; others would make it wait");
  }
  if (const Config_Node* limit = config.node.find("queue_limit"); limit != nullptr && queue_limit != 0) {
    if (!kind.by_operations && queue_limit < high_water) {
      const std::string mark = Size_Type::show(high_water);
      errors.warn(*limit, "is below the high-water mark of " + mark + ", which is never reached");
    }
  }
  if (low_water > high_water) {
    if (config.node.find("low_water") == nullptr) {
      low_water = high_water / 4;  // the default of both
    } else {
      refuse("low_water", "is above the high-water mark of " + Size_Type::show(high_water));
    }
  }
}

}  // namespace v1
}  // namespace strata
