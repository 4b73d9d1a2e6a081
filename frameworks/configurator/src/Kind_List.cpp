// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Kind_List.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace strata {
inline namespace v1 {
namespace {

using Row = std::array<std::string, 4>;

std::vector<Row> rows_of(const Service_Kind& kind) {
  std::vector<Row> rows;
  for (const Option_Table& options : kind.options(kind)) {
    for (const Field& field : options.fields) {
      rows.push_back({std::string{field.key}, form_of(field),
                      field.required ? "required" : field.show(field, options.values), std::string{field.help}});
    }
  }
  return rows;
}

std::string in_columns(const std::vector<Row>& rows) {
  std::array<std::size_t, 3> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < widths.size(); ++i) text += "  " + row[i] + std::string(widths[i] - row[i].size(), ' ');
    text += "  " + row.back() + '\n';
  }
  return text;
}

}  // namespace

std::string form_of(const Field& field) {
  if (field.choices == nullptr) return std::string{field.shape->name};
  std::string words;
  for (const std::string_view word : field.choices(field)) words += (words.empty() ? "" : "|") + std::string{word};
  return words;
}

std::string list_kinds(Service_Kinds kinds) {
  std::vector<const Service_Kind*> sorted{kinds.begin(), kinds.end()};
  std::ranges::sort(sorted, {}, &Service_Kind::name);
  std::string text;
  for (const Service_Kind* kind : sorted) text += std::string{kind->name} + '\n' + in_columns(rows_of(*kind));
  return text;
}

}  // namespace v1
}  // namespace strata
