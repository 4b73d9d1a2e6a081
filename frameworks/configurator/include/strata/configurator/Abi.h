// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <strata/configurator/Service_Config.h>
#include <strata/configurator/Service_Kind.h>
#include <strata/configurator/Service_Object.h>
#include <strata/connection/Acceptor.h>
#include <strata/connection/Any_Options.h>
#include <strata/connection/Service.h>
#include <strata/connection/Svc_Handler.h>
#include <strata/os/Export.h>
#include <strata/timers/Timer.h>

// By what a plugin and the daemon must be alike, told in each plugin's note and compared before it is loaded.
namespace strata {
inline namespace STRATA_EXPORT v1 {
namespace detail {

/// Raised whenever a virtual function, or the meaning of a public one, changes; sizes are in the text by themselves.
inline constexpr std::uint32_t abi_version = 1;

template <class... T>
consteval std::uint32_t layouts() {
  std::uint32_t hash = 2166136261;  // FNV-1a
  for (const std::size_t part : {sizeof(T)..., alignof(T)...}) {
    hash = (hash ^ static_cast<std::uint32_t>(part)) * 16777619;
  }
  return hash;
}

struct Abi_Text {
  char letters[64]{};
  std::size_t size = 0;

  constexpr void add(std::string_view text) {
    for (const char c : text) letters[size++] = c;
  }
  constexpr void add_number(std::uint32_t value, unsigned base) {
    if (value >= base) add_number(value / base, base);
    letters[size++] = "0123456789abcdef"[value % base];
  }
};

consteval Abi_Text make_abi_text() {
  Abi_Text text;
  text.add("strata ");
  text.add_number(abi_version, 10);
  text.add(", libstdc++ ");
  text.add_number(_GLIBCXX_RELEASE, 10);
  text.add(", layouts ");
  text.add_number(layouts<std::string, std::vector<int>, Acceptor_Base, Acceptor_Kind, Acceptor_Options, Any_Options,
                          Callback, Config_Errors, Config_Node, Event_Handler, Field, Handler_Ref, Own_Options, Reactor,
                          Run_Context, Service, Service_Config, Service_Context, Service_Kind, Service_Object,
                          Stream_Options, Svc_Handler, Timer, Value_Shape>(),
                  16);
  return text;
}
inline constexpr Abi_Text abi = make_abi_text();

/// "strata 1, libstdc++ 12, layouts 9c24f1aa"
constexpr std::string_view abi_text() { return {abi.letters, abi.size}; }

}  // namespace detail
}  // namespace v1
}  // namespace strata
