// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Kind_Catalog.h>

#include <algorithm>
#include <map>
#include <utility>

#include <strata/os/File.h>

#include "Plugin_File.h"

namespace strata {
inline namespace v1 {

struct Kind_Catalog::State {
  std::vector<const Service_Kind*> kinds;
  std::map<std::string, std::unique_ptr<Plugin_File>> files;  // by path
};

Kind_Catalog::Kind_Catalog(Service_Kinds linked) : state_(std::make_shared<State>()) {
  state_->kinds.assign(linked.begin(), linked.end());
}

Outcome<std::vector<std::string>> Kind_Catalog::add_folder(const std::string& path) {
  const Result<std::vector<std::string>> names = os::list_directory(path);
  if (!names) return fail(names.error(), path);
  std::vector<std::string> complaints;
  for (const std::string& name : *names) {
    if (!name.ends_with(".so")) continue;
    const Outcome<Service_Kinds> kinds = open(path + '/' + name);
    if (!kinds) {
      complaints.push_back(kinds.error().what);
      continue;
    }
    for (const Service_Kind* kind : *kinds) {
      if (find(kind->name) == nullptr) state_->kinds.push_back(kind);
    }
  }
  return complaints;
}

Outcome<Service_Kinds> Kind_Catalog::open(const std::string& path) const {
  std::unique_ptr<Plugin_File>& known = state_->files[path];
  if (known == nullptr) {
    Outcome<std::unique_ptr<Plugin_File>> file = Plugin_File::read(path);
    if (!file) return std::unexpected{std::move(file.error())};
    known = std::move(*file);
  }
  return known->kinds();
}

const Service_Kind* Kind_Catalog::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find(state_->kinds, name, &Service_Kind::name);
  return found == state_->kinds.end() ? nullptr : *found;
}

Service_Kinds Kind_Catalog::kinds() const noexcept { return state_->kinds; }

}  // namespace v1
}  // namespace strata
