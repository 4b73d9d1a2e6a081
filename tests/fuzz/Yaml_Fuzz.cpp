// SPDX-License-Identifier: Apache-2.0
// Any bytes are a tree or mistakes with places, never a crash; so is what a daemon makes of the tree.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <strata/configurator/Linked_Kinds.h>
#include <strata/configurator/Service_Repository.h>
#include <strata/configurator/Yaml_Reader.h>
#include <strata/daemon/Daemon_Config.h>

using namespace strata;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// As many lines and columns as there are, the end's included.
void require_place(Mark mark, std::string_view text) {
  require(mark.line <= text.size() + 1 && mark.column <= text.size() + 2);
  require((mark.line == 0) == (mark.column == 0));
}

std::size_t values_in(const Config_Node& node, std::string_view text) {
  require_place(node.mark(), text);
  std::size_t values = 1;
  for (const Config_Node& child : node) {
    require(!node.is_mapping() || node.find(child.key()) == &child);  // no key stands twice
    values += values_in(child, text);
  }
  return values;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const Yaml_Limits limits;
  const auto root = read_yaml(text, "a.yaml", limits);
  Config_Errors errors = root ? Config_Errors{} : root.error();
  if (root) {
    require(values_in(*root, text) <= limits.values);
    Service_Repository services{linked_kinds()};
    services.configure(read_daemon_config(*root, errors).services, errors);
  } else {
    require(!errors.empty());
  }
  for (const Config_Error& error : errors) {
    require_place(error.mark, text);
    for (const char c : error.text()) require(static_cast<unsigned char>(c) >= 0x20);
  }
  return 0;
}
