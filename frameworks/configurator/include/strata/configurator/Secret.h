// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include <strata/configurator/Config_Field.h>
#include <strata/configurator/Config_Value.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// What must not stand in a configuration, in a process's arguments or in a log: there is the name of the file that
/// holds it, from the folder of the configuration. An option of this type is read with the others; its text goes
/// nowhere by itself, and where options are shown, the file's name is. A value.
class Secret {
 public:
  static constexpr std::size_t longest = 64 * 1024;  ///< bytes

  Secret() = default;
  Secret(std::string file, std::string text) : file_(std::move(file)), text_(std::move(text)) {}
  const std::string& file() const noexcept { return file_; }
  const std::string& text() const noexcept { return text_; }  ///< without the end of line behind it

 private:
  std::string file_;
  std::string text_;
};

/// The name of a regular file that others cannot read: a mode of 0640 will do, 0644 will not.
template <>
struct Value_Type<Secret> {
  static constexpr Value_Shape shape{Value_Shape::Kind::text, "file of a secret"};
  static void read(const Config_Node&, const Field&, Secret&, Config_Errors&);
  static std::string show(const Secret& value) { return value.file(); }
};

}  // namespace v1
}  // namespace strata
