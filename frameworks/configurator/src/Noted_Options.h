// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include <strata/configurator/Config_Field.h>

namespace strata {
inline namespace v1 {

/// The values of options that only a note describes, each as it would be written, in the order of the fields.
struct Noted_Values {
  std::vector<std::string> texts;
};

/// The options that a plugin's note declares (Kind_Note.h), as Fields over Noted_Values: read, listed and explained as
/// those that are linked in, while the plugin itself has not been loaded. Never moves: its fields point into it.
class Noted_Options {
 public:
  /// What is no such list is a std::runtime_error or the parser's.
  explicit Noted_Options(const nlohmann::ordered_json& options);
  Noted_Options(const Noted_Options&) = delete;
  Noted_Options& operator=(const Noted_Options&) = delete;

  std::span<const Field> fields() const noexcept { return fields_; }
  const Noted_Values& defaults() const noexcept { return defaults_; }

 private:
  struct Option {
    std::size_t index = 0;
    std::string key, help;
    Value_Shape shape{};
    Value_Shape item{};  // of a list or a map
    std::deque<std::string> words;
    std::vector<std::string_view> word_views;
  };
  void add(const nlohmann::ordered_json& option);
  static Value_Shape shape_of(const nlohmann::ordered_json& type, Option& option);
  static Choices choices(const Field&);
  static void read(const Config_Node&, const Field&, void* values, Config_Errors&);
  static std::string show(const Field&, const void* values);

  std::deque<Option> options_;
  std::vector<Field> fields_;
  Noted_Values defaults_;
};

}  // namespace v1
}  // namespace strata
