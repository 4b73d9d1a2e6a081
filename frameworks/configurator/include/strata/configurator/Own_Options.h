// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

#include <strata/configurator/Service_Config.h>
#include <strata/configurator/Service_Kind.h>
#include <strata/connection/Any_Options.h>
#include <strata/os/Export.h>

// How STRATA_SERVICE finds the options of a handler's class.
namespace strata {
inline namespace STRATA_EXPORT v1 {
namespace detail {

/// What stands beside a handler's own options, now or in a later version.
inline constexpr std::array<std::string_view, 27> framework_keys{
    "name",     "kind",          "library",        "after",        "requires",      "restart",  "enabled",
    "listen",   "socket_mode",   "backlog",        "defer_accept", "idle_timeout",  "overflow", "max_connections",
    "filters",  "queue_limit",   "shed_when_full", "high_water",   "write_timeout", "low_water",
    "rate",     "batch",         "datagram_size",  "receive_buffer", "socket_owner",
    "max_per_source", "source_penalty"};

template <class O>
consteval bool keys_are_free() {
  for (const auto& field : O::fields()) {
    for (const std::string_view key : framework_keys) {
      if (field.key == key) return false;
    }
  }
  return true;
}

template <class O>
consteval bool keys_are_different() {
  const auto fields = O::fields();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (fields[i].key == fields[j].key) return false;
    }
  }
  return true;
}

/// As the command line can have them, too.
template <class O>
consteval bool keys_are_plain() {
  for (const auto& field : O::fields()) {
    if (field.key.empty() || field.key.front() < 'a' || field.key.front() > 'z') return false;
    for (const char c : field.key) {
      if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_') return false;
    }
  }
  return true;
}

template <class O>
struct Own {
  static_assert(keys_are_plain<O>(), "a key is small letters, digits and _, a letter first");
  static_assert(keys_are_free<O>(), "a key of these Options is the framework's (Own_Options.h: framework_keys)");
  static_assert(keys_are_different<O>(), "a key of these Options stands twice");

  static constexpr auto fields = O::fields();
  static Option_Table table() {
    static const O defaults{};
    return {fields, &defaults};
  }
  static Any_Options make() { return Any_Options::of<O>(); }
  static constexpr Own_Options options{&table, &make};
};

template <class H>  // an acceptor's handler, or a Service_Object
constexpr const Own_Options* own_options() noexcept {
  if constexpr (requires { typename H::Options; }) {
    return &Own<typename H::Options>::options;
  } else {
    return nullptr;
  }
}

}  // namespace detail

/// Fills a Service_Object's own Options, in its `configure`.
template <class O>
void read_options(const Service_Config& config, O& options, Config_Errors& errors) {
  read_fields(config.node, {{detail::Own<O>::fields, &options}}, errors, service_keys);
}

}  // namespace v1
}  // namespace strata
