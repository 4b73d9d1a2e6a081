// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <type_traits>

#include <strata/configurator/Kind_Note.h>
#include <strata/configurator/Own_Options.h>
#include <strata/configurator/Service_Kind.h>
#include <strata/configurator/Linked_Kinds.h>
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
  constexpr std::string_view text() const noexcept { return {letters, n - 1}; }
  char letters[n];
};

std::unique_ptr<Service_Object> make_acceptor_service(const Service_Kind&);
std::vector<Option_Table> acceptor_options(const Service_Kind&);
std::unique_ptr<Service_Object> make_dgram_service(const Service_Kind&);
std::vector<Option_Table> dgram_options(const Service_Kind&);

template <class A>
inline constexpr bool by_operations = std::is_constructible_v<A, Service&, Proactors&>;

template <class A>
std::unique_ptr<Acceptor_Base> make_acceptor(Service& service, [[maybe_unused]] Proactors* proactors) {
  if constexpr (by_operations<A>) {
    return std::unique_ptr<Acceptor_Base>{new A{service, *proactors}};
  } else {
    return std::unique_ptr<Acceptor_Base>{new A{service}};
  }
}
template <class A>
inline constexpr Acceptor_Kind acceptor_kind{&make_acceptor<A>, A::Handler::first_speaker, by_operations<A>,
                                             own_options<typename A::Handler>()};

template <class S>
std::unique_ptr<Dgram_Server_Base> make_dgram_server(Service& service) {
  return std::unique_ptr<Dgram_Server_Base>{new S{service}};
}
template <class S>
inline constexpr Dgram_Kind dgram_kind{&make_dgram_server<S>, S::Handler::reflects,
                                       own_options<typename S::Handler>()};

template <class T>
std::unique_ptr<Service_Object> make_object(const Service_Kind&) {
  return std::unique_ptr<Service_Object>{new T};
}

template <class T>
inline constexpr bool is_acceptor = std::is_base_of_v<Acceptor_Base, T>;
template <class T>
inline constexpr bool is_dgram_server = std::is_base_of_v<Dgram_Server_Base, T>;

template <class T>
struct Options_Owner {  // of what class the options of a kind are
  using type = T;
};
template <class T>
  requires is_acceptor<T> || is_dgram_server<T>
struct Options_Owner<T> {
  using type = typename T::Handler;
};

template <class T>
std::vector<Option_Table> object_options(const Service_Kind&) {
  const Own_Options* own = own_options<T>();
  return own == nullptr ? std::vector<Option_Table>{} : std::vector{own->table()};
}

template <class T, Kind_Name kind_name>
consteval Service_Kind describe() {
  static_assert(!kind_name.text().empty(), "a kind needs a name");
  if constexpr (is_acceptor<T>) {
    return {kind_name.text(), &make_acceptor_service, &acceptor_options, &acceptor_kind<T>};
  } else if constexpr (is_dgram_server<T>) {
    return {kind_name.text(), &make_dgram_service, &dgram_options, nullptr, &dgram_kind<T>};
  } else {
    static_assert(std::is_base_of_v<Service_Object, T>, "neither an acceptor, a Dgram_Server nor a Service_Object");
    return {kind_name.text(), &make_object<T>, &object_options<T>};
  }
}

template <class T, Kind_Name kind_name>
constexpr Noted_Kind noted() {
  Noted_Kind kind{kind_name.text()};
  if constexpr (is_acceptor<T>) {
    kind.accepts = true;
    kind.client_speaks_first = T::Handler::first_speaker == First_Speaker::client;
    kind.by_operations = by_operations<T>;
  } else if constexpr (is_dgram_server<T>) {
    kind.takes_datagrams = true;
    kind.reflects = T::Handler::reflects;
  }
  using Owner = typename Options_Owner<T>::type;
  if constexpr (requires { typename Owner::Options; }) kind.options = Own<typename Owner::Options>::fields;
  return kind;
}

template <class T, Kind_Name kind_name>
consteval auto note() {
  return kind_note<&noted<T, kind_name>>();
}

/// The bounds of the binary's kinds, by the one name that a plugin exports, for its loader.
extern "C" {
inline constinit const Kind_Section strata_plugin{__start_strata_services, __stop_strata_services};
}

}  // namespace detail
}  // namespace v1
}  // namespace strata

#define STRATA_DETAIL_JOIN(a, b) a##b
// A sanitizer's red zone in a note section would be read as a note; g++ leaves sections of one's own alone.
#if __has_cpp_attribute(clang::no_sanitize)
#define STRATA_DETAIL_BARE , clang::no_sanitize("address")
#else
#define STRATA_DETAIL_BARE
#endif
#define STRATA_DETAIL_NAME(line) STRATA_DETAIL_JOIN(strata_service_, line)

/// `STRATA_SERVICE(Acceptor<Echo>, "echo")`: what `kind: echo` makes. In any namespace; names of strata need no
/// qualification in it. The class is an Acceptor<H>, an Asynch_Acceptor<H> or a Dgram_Server<H>, whose own options are
/// H's public `Options` (Options.h), or derived from Service_Object, whose options are its own `Options`. A descriptor
/// goes into the section `strata_services`, of which the linker makes an array: two kinds can share a binary. A note
/// (Kind_Note.h) says the same to who only reads the file.
#define STRATA_SERVICE(...)                                                               \
  namespace {                                                                             \
  namespace STRATA_DETAIL_NAME(__LINE__) {                                                \
    using namespace ::strata;                                                             \
    constexpr ::strata::Service_Kind kind = ::strata::detail::describe<__VA_ARGS__>();    \
    [[gnu::section("strata_services"), gnu::used, gnu::retain]]                           \
    constinit const ::strata::Service_Kind* const entry = &kind;                          \
    [[gnu::section(".note.strata"), gnu::used, gnu::aligned(4) STRATA_DETAIL_BARE]]       \
    constinit const auto note = ::strata::detail::note<__VA_ARGS__>();                    \
    [[gnu::used]] constinit const auto* const section = &::strata::detail::strata_plugin; \
  }                                                                                       \
  }
