// SPDX-License-Identifier: Apache-2.0
#include "Config_Include.h"

#include <algorithm>
#include <expected>
#include <filesystem>
#include <memory>
#include <utility>

#include <strata/configurator/Yaml_Reader.h>
#include <strata/os/File.h>

namespace strata {
inline namespace v1 {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t most_files = 256;

class Inclusion {
 public:
  Inclusion(Config_Node& root, const std::string& file, Config_Errors& errors)
      : root_(root), folder_(fs::path{file}.parent_path()), errors_(errors) {}

  void take(const Config_Node& entry) {
    if (!entry.is_scalar() || entry.scalar().empty()) return errors_.expected(entry, "a path");
    const fs::path path = folder_ / entry.scalar();
    std::error_code error;
    const fs::path real = fs::canonical(path, error);
    if (error) return errors_.at_value(entry, path.string() + ": " + error.message());
    const fs::path below = real.lexically_relative(fs::canonical(folder_.empty() ? "." : folder_, error));
    if (error || below.empty() || *below.begin() == "..") {
      return errors_.at_value(entry, "is not below the configuration's folder");
    }
    fs::is_directory(real, error) ? take_folder(entry, path) : read(entry, path);
  }

 private:
  void take_folder(const Config_Node& entry, const fs::path& path) {
    const Result<std::vector<std::string>> names = os::list_directory(path.string());
    if (!names) return errors_.at_value(entry, path.string() + ": " + names.error().message());
    for (const std::string& name : *names) {
      if (name.ends_with(".yaml") && !name.starts_with('.')) read(entry, path / name);
    }
  }

  void read(const Config_Node& entry, const fs::path& path) {
    if (++files_ > most_files) {
      if (files_ == most_files + 1) errors_.at_value(entry, "is beyond " + std::to_string(most_files) + " files");
      return;
    }
    std::expected<Config_Node, Config_Errors> tree = read_yaml_file(path.string());
    if (!tree) {
      for (const Config_Error& error : tree.error()) errors_.add(error);
    } else if (tree->is_mapping()) {
      for (Config_Node& child : *tree) merge(std::move(child));
    } else if (!tree->is_null()) {
      errors_.expected(*tree, "a mapping of keys and values");
    }
  }

  void merge(Config_Node child) {
    if (child.key() == "include") return errors_.at_key(child, "an included file cannot include");
    Config_Node* known = root_.find(child.key());
    if (known == nullptr) {
      root_.append(std::move(child));
    } else if (child.key() == "services" && known->is_sequence() && child.is_sequence()) {
      for (Config_Node& service : child) known->append(std::move(service));
    } else {
      errors_.at_key(child, in_quotes(child.key()) + " stands in " + known->file() + " already");
    }
  }

  Config_Node& root_;
  fs::path folder_;
  Config_Errors& errors_;
  std::size_t files_ = 0;
};

}  // namespace

void include_files(Config_Node& root, const std::string& file, Config_Errors& errors) {
  const Config_Node* found = root.find("include");
  if (found == nullptr || !found->is_sequence()) return;  // whoever reads the keys tells what it should be
  const Config_Node list = *found;                        // the tree changes under it
  Inclusion inclusion{root, file, errors};
  for (const Config_Node& entry : list) inclusion.take(entry);
  Config_Node& done = *root.find("include");
  done.become(Config_Node{Config_Node::Kind::sequence, std::make_shared<const std::string>(done.file()), done.mark()});
}

}  // namespace v1
}  // namespace strata
