// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// A place in a configuration file, counted from 1 in lines and bytes. Line 0: the file as a whole.
struct Mark {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  friend auto operator<=>(Mark, Mark) = default;
};
std::string to_text(Mark);  ///< "line 3, column 7"

/// One mistake in a configuration and where it stands.
struct Config_Error {
  std::string file;
  Mark mark;
  std::string message;
  bool outside = false;  ///< the text is right, but something that it names is not: a plugin's file
  bool warning = false;  ///< it can be run, and will surprise
  std::string text() const;  ///< "FILE:LINE:COL: error: message" as compilers print it, control characters escaped
};

class Config_Node;

/// `text` in double quotes, cut where it is long.
std::string in_quotes(std::string_view text);

/// The mistakes of one run, collected so that a person sees all of them at once.
class Config_Errors {
 public:
  void add(Config_Error error) { errors_.push_back(std::move(error)); }
  /// "idle_timeout: message", `offset` bytes into the value.
  void at_value(const Config_Node&, const std::string& message, std::size_t offset = 0);
  void at_key(const Config_Node&, std::string message);
  /// "idle_timeout: expected a duration, found a list".
  void expected(const Config_Node&, std::string_view what);
  void missing(const Config_Node& mapping, std::string_view key, std::string_view help);
  /// What the value names is wrong, not the value.
  void outside(const Config_Node&, const std::string& message);
  /// Nothing that keeps it from running: told apart, and counted nowhere.
  void warn(const Config_Node&, const std::string& message);
  std::string warnings() const;  ///< one line each, by place
  /// Not one of them is a mistake of the text.
  bool all_outside() const noexcept;

  bool empty() const noexcept { return errors_.empty(); }
  std::size_t size() const noexcept { return errors_.size(); }
  auto begin() const noexcept { return errors_.begin(); }
  auto end() const noexcept { return errors_.end(); }
  void sort();               ///< by place
  std::string text() const;  ///< one line a mistake

 private:
  std::vector<Config_Error> errors_;
  std::vector<Config_Error> warnings_;
};

}  // namespace v1
}  // namespace strata
