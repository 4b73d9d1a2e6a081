// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>

#include <strata/configurator/Config_Field.h>
#include <strata/configurator/Config_Value.h>
#include <strata/os/Export.h>
#include <strata/os/Handle.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// A folder that a service works in, named from the folder of the configuration. It is opened when the configuration
/// is read: so a mistake has its place, and the folder stays the same one, whatever is renamed or dropped after. A
/// value; its copies share the handle.
class Folder {
 public:
  Folder() = default;  ///< none
  Folder(std::string path, os::Unique_Handle opened)
      : path_(std::move(path)), handle_(std::make_shared<os::Unique_Handle>(std::move(opened))) {}
  const std::string& path() const noexcept { return path_; }  ///< as it was written
  os::Handle handle() const noexcept { return handle_ == nullptr ? os::Handle{} : handle_->get(); }

 private:
  std::string path_;
  std::shared_ptr<os::Unique_Handle> handle_;
};

template <>
struct Value_Type<Folder> {
  static constexpr Value_Shape shape{Value_Shape::Kind::text, "folder"};
  static void read(const Config_Node&, const Field&, Folder&, Config_Errors&);
  static std::string show(const Folder& value) { return value.path(); }
};

}  // namespace v1
}  // namespace strata
