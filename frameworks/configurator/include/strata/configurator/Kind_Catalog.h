// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <strata/configurator/Service_Kind.h>
#include <strata/os/Export.h>
#include <strata/os/Outcome.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// The kinds of services that a process knows: those linked into it, and those of plugins, of which only the notes are
/// read. A handle: copies mean the same catalog. Outlives the services that it makes. @threads home
class Kind_Catalog {
 public:
  Kind_Catalog(Service_Kinds linked = {});  // NOLINT: the linked-in kinds are a catalog

  /// Adds the kinds of all `*.so` in a folder, in the order of their names; a name that is taken stays. Returns what
  /// could not be read, a line each, as "libx.so: truncated …". Errors: those of listing the folder.
  Outcome<std::vector<std::string>> add_folder(const std::string& path);
  /// The kinds of one plugin, for who names its file; they are not added.
  Outcome<Service_Kinds> open(const std::string& path) const;

  /// Null where no kind of this name was linked in or added.
  const Service_Kind* find(std::string_view name) const noexcept;
  Service_Kinds kinds() const noexcept;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace v1
}  // namespace strata
