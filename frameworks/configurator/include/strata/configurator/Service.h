// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <type_traits>

#include <strata/configurator/Own_Options.h>
#include <strata/configurator/Service_Kind.h>
#include <strata/connection/Service.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {
namespace detail {

/// A string literal as a template argument, so that STRATA_SERVICE can pass a type with commas and a name in one list.
template <std::size_t n>
struct Kind_Name {
  consteval Kind_Name(const char (&text)[n]) noexcept {
    for (std::size_t i = 0; i < n; ++i) letters[i] = text[i];
  }
  char letters[n];
};

std::unique_ptr<Service_Object> make_acceptor_service(const Service_Kind&);
Option_Table acceptor_options();

template <class A>
std::unique_ptr<Acceptor_Base> make_acceptor(Service& service) {
  return std::unique_ptr<Acceptor_Base>{new A{service}};
}
template <class A>
inline constexpr Acceptor_Kind acceptor_kind{&make_acceptor<A>, A::Handler::first_speaker,
                                             own_options<typename A::Handler>()};

template <class T>
std::unique_ptr<Service_Object> make_object(const Service_Kind&) {
  return std::unique_ptr<Service_Object>{new T};
}

template <class T, Kind_Name kind_name>
consteval Service_Kind describe() {
  constexpr std::string_view name{kind_name.letters, sizeof kind_name.letters - 1};
  static_assert(!name.empty(), "a kind needs a name");
  if constexpr (std::is_base_of_v<Service_Object, T>) {
    return {name, &make_object<T>, &T::options};
  } else {
    static_assert(std::is_base_of_v<Acceptor_Base, T>, "neither an Acceptor nor a Service_Object");
    return {name, &make_acceptor_service, &acceptor_options, &acceptor_kind<T>};
  }
}

}  // namespace detail
}  // namespace v1
}  // namespace strata

#define STRATA_DETAIL_JOIN(a, b) a##b
#define STRATA_DETAIL_NAME(line) STRATA_DETAIL_JOIN(strata_service_, line)

/// `STRATA_SERVICE(Acceptor<Echo>, "echo")`: what `kind: echo` makes. In any namespace; names of strata need no
/// qualification in it. The class is an Acceptor<H>, whose own options are H's public `Options` (Options.h), or derived
/// from Service_Object, with `static Option_Table options()`. A descriptor goes into the section `strata_services`,
/// which the linker makes an array: two kinds can share a binary.
#define STRATA_SERVICE(...)                                                               \
  namespace {                                                                             \
  namespace STRATA_DETAIL_NAME(__LINE__) {                                                \
    using namespace ::strata;                                                             \
    constexpr ::strata::Service_Kind kind = ::strata::detail::describe<__VA_ARGS__>();    \
    [[gnu::section("strata_services"), gnu::used, gnu::retain]]                           \
    constinit const ::strata::Service_Kind* const entry = &kind;                          \
  }                                                                                       \
  }
