// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <initializer_list>
#include <string_view>
#include <type_traits>

#include <strata/logging/Log_Level.h>
#include <strata/logging/Log_Record.h>
#include <strata/logging/Log_Value.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

class Log_System;

/// A name with a level, such as "connection" or "service.echo"; made and owned by a Log_System, at one address for as
/// long as that lives, whatever module asked for it. @threads any
class Log_Category {
 public:
  Log_Category(Log_System& system, std::string_view name, Log_Level level) noexcept
      : system_(&system), name_(name), threshold_(level) {}
  Log_System& system() const noexcept { return *system_; }
  std::string_view name() const noexcept { return name_; }
  Log_Level level() const noexcept { return threshold_.load(std::memory_order_relaxed); }
  bool enabled(Log_Level level) const noexcept { return level >= threshold_.load(std::memory_order_relaxed); }

 private:
  friend class Log_System;
  Log_System* system_;
  std::string_view name_;
  std::atomic<Log_Level> threshold_;
};

/// The text of a line: a literal, so that what varies stands in fields, and what a peer sent is never the message.
class Log_Message {
 public:
  template <std::size_t N>
  consteval Log_Message(const char (&literal)[N]) noexcept : text_(literal, N - 1) {}
  constexpr std::string_view text() const noexcept { return text_; }

 private:
  std::string_view text_;
};

/// What code logs through: a category and who speaks. A value of two pointers.
///
///     log.warning("accept paused", "listener", name, "error", ec, "retry_in", delay);
///
/// A message, then names and values in turn. A call below the category's level costs one load and a branch; its
/// arguments are neither copied nor formatted. Nothing throws; a line that cannot be written is counted as dropped.
/// @threads any
///
/// Always inline: else the compiler spills each argument to memory before it looks at the level.
class Logger {
 public:
  explicit Logger(const Log_Category& category) noexcept : category_(&category) {}
  /// The same category for another speaker; `context` is borrowed and must outlive the result.
  Logger with(const Log_Context& context) const noexcept {
    Logger copy{*this};
    copy.context_ = &context;
    return copy;
  }

  const Log_Category& category() const noexcept { return *category_; }
  bool enabled(Log_Level level) const noexcept { return category_->enabled(level); }

  template <class... Pairs>
  [[gnu::always_inline]] void trace(Log_Message message, const Pairs&... pairs) const noexcept {
    write(Log_Level::trace, message, pairs...);
  }
  template <class... Pairs>
  [[gnu::always_inline]] void debug(Log_Message message, const Pairs&... pairs) const noexcept {
    write(Log_Level::debug, message, pairs...);
  }
  template <class... Pairs>
  [[gnu::always_inline]] void info(Log_Message message, const Pairs&... pairs) const noexcept {
    write(Log_Level::info, message, pairs...);
  }
  template <class... Pairs>
  [[gnu::always_inline]] void warning(Log_Message message, const Pairs&... pairs) const noexcept {
    write(Log_Level::warning, message, pairs...);
  }
  template <class... Pairs>
  [[gnu::always_inline]] void error(Log_Message message, const Pairs&... pairs) const noexcept {
    write(Log_Level::error, message, pairs...);
  }
  template <class... Pairs>
  [[gnu::always_inline]] void critical(Log_Message message, const Pairs&... pairs) const noexcept {
    write(Log_Level::critical, message, pairs...);
  }

  /// `level` is any but `off`.
  template <class... Pairs>
  [[gnu::always_inline]] void write(Log_Level level, Log_Message message, const Pairs&... pairs) const noexcept {
    static_assert(sizeof...(Pairs) % 2 == 0, "a name without a value");
    static_assert(names_are_texts<Pairs...>(), "fields are: name, value, name, value, …");
    if (enabled(level)) [[unlikely]] emit(level, message, {Log_Value(pairs)...});
  }

 private:
  template <class... Pairs>
  static consteval bool names_are_texts() {
    constexpr std::array<bool, sizeof...(Pairs)> text{std::is_convertible_v<const Pairs&, std::string_view>...};
    for (std::size_t i = 0; i < text.size(); i += 2) {
      if (!text[i]) return false;
    }
    return true;
  }
  void emit(Log_Level, Log_Message, std::initializer_list<Log_Value> pairs) const noexcept;

  const Log_Category* category_;
  const Log_Context* context_ = nullptr;
};

}  // namespace v1
}  // namespace strata
