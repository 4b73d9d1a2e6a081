// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

#include <strata/os/Clock.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// A type that can say itself: rendered only when the line is really written.
template <class T>
concept Log_Renderable = requires(const T& value) {
  { value.to_text() } -> std::convertible_to<std::string_view>;
};

/// The value of a field, captured and not yet formatted. A view: text and rendered objects must live until the logging
/// call returns, which copies them. 24 bytes.
class Log_Value {
 public:
  enum class Kind : std::uint8_t { none, text, boolean, integer, natural, real, duration, error, rendered };
  using Render = void (*)(const void* object, std::string& out);

  constexpr Log_Value() noexcept : data_{.natural = 0}, kind_(Kind::none) {}
  constexpr Log_Value(std::string_view text) noexcept : data_{.text = text}, kind_(Kind::text) {}
  constexpr Log_Value(const char* text) noexcept : Log_Value(std::string_view{text}) {}
  Log_Value(const std::string& text) noexcept : Log_Value(std::string_view{text}) {}
  template <std::same_as<bool> T>
  constexpr Log_Value(T value) noexcept : data_{.boolean = value}, kind_(Kind::boolean) {}
  template <std::signed_integral T>
  constexpr Log_Value(T value) noexcept : data_{.integer = value}, kind_(Kind::integer) {}
  template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>)
  constexpr Log_Value(T value) noexcept : data_{.natural = value}, kind_(Kind::natural) {}
  template <std::floating_point T>
  constexpr Log_Value(T value) noexcept : data_{.real = static_cast<double>(value)}, kind_(Kind::real) {}
  template <class Rep, class Period>
  constexpr Log_Value(std::chrono::duration<Rep, Period> value) noexcept
      : data_{.integer = std::chrono::duration_cast<Duration>(value).count()}, kind_(Kind::duration) {}
  Log_Value(std::error_code error) noexcept : data_{.error = {&error.category(), error.value()}}, kind_(Kind::error) {}
  template <Log_Renderable T>
  Log_Value(const T& object) noexcept : data_{.rendered = {&object, &render_object<T>}}, kind_(Kind::rendered) {}

  constexpr Kind kind() const noexcept { return kind_; }
  constexpr std::string_view text() const noexcept { return data_.text; }
  constexpr bool boolean() const noexcept { return data_.boolean; }
  constexpr std::int64_t integer() const noexcept { return data_.integer; }
  constexpr std::uint64_t natural() const noexcept { return data_.natural; }
  constexpr double real() const noexcept { return data_.real; }
  constexpr Duration duration() const noexcept { return Duration{data_.integer}; }
  std::error_code error() const noexcept { return {data_.error.value, *data_.error.category}; }
  void render(std::string& out) const { data_.rendered.render(data_.rendered.object, out); }

 private:
  template <class T>
  static void render_object(const void* object, std::string& out) {
    out += static_cast<const T*>(object)->to_text();
  }

  union {
    std::string_view text;
    bool boolean;
    std::int64_t integer;  // and a duration's nanoseconds
    std::uint64_t natural;
    double real;
    struct {
      const std::error_category* category;
      int value;
    } error;
    struct {
      const void* object;
      Render render;
    } rendered;
  } data_;
  Kind kind_;
};

}  // namespace v1
}  // namespace strata
