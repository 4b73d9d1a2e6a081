// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Folder.h>

#include <strata/os/File.h>

#include "Config_Path.h"

namespace strata {
inline namespace v1 {

void Value_Type<Folder>::read(const Config_Node& node, const Field&, Folder& value, Config_Errors& errors) {
  if (!detail::expect_kind(node, Config_Node::Kind::scalar, errors)) return;
  const std::string path = path_of(node, node.scalar());
  Result<os::Unique_Handle> opened = os::open_folder(path);
  if (!opened) return errors.at_value(node, path + ": " + opened.error().message());
  value = Folder{node.scalar(), std::move(*opened)};
}

}  // namespace v1
}  // namespace strata
