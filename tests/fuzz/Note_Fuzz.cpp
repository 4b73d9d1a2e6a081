// SPDX-License-Identifier: Apache-2.0
// Any JSON is a plugin's list of options or an exception, and whatever it declares can be read and shown.
#include <cstddef>
#include <cstdint>
#include <exception>
#include <string_view>

#include <nlohmann/json.hpp>

#include <strata/configurator/Kind_List.h>
#include <strata/configurator/Yaml_Reader.h>

#include "../../frameworks/configurator/src/Noted_Options.h"

using namespace strata;

namespace {

void use(const Noted_Options& options) {
  static const Config_Node samples =
      *read_yaml("[1, -1, a, 30s, 64KiB, true, 'tcp://*:1', [a, 1], { a: b }, { a: [1] }]", "");
  Noted_Values values = options.defaults();
  for (const Field& field : options.fields()) {
    Config_Errors errors;
    for (const Config_Node& sample : samples) field.read(sample, field, &values, errors);
    static_cast<void>(field.show(field, &values));
    static_cast<void>(form_of(field));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto json = nlohmann::ordered_json::parse(text, nullptr, false);
  if (json.is_discarded()) return 0;
  try {
    use(Noted_Options{json});
  } catch (const std::exception&) {
    return 0;
  }
  return 0;
}
