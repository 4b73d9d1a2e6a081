// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Config_Explanation.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

#include <strata/configurator/Config_Value.h>
#include <strata/configurator/Service_Config.h>

namespace strata {
inline namespace v1 {
namespace {

using Kind = Value_Shape::Kind;
constexpr std::size_t comment_column = 48;

bool is_service_list(const Field& field) {
  return field.shape->kind == Kind::list && field.shape->item->fields == &Service_Config::fields;
}

std::string origin_of(const Config_Node* node) {
  if (node == nullptr) return "default";
  const Mark mark = node->mark();
  if (mark.line == 0) return node->file();
  return node->file() + ':' + std::to_string(mark.line) + ':' + std::to_string(mark.column);
}

class Explanation {
 public:
  explicit Explanation(const std::vector<std::vector<Option_Table>>& services) : services_(services) {}

  void mapping(const Option_Table& table, const Config_Node* node, const std::string& indent) {
    for (const Field& field : table.fields) {
      entry(field, table.values, node != nullptr ? node->find(field.key) : nullptr, indent);
    }
  }
  std::string take() { return std::move(text_); }

 private:
  void entry(const Field& field, const void* values, const Config_Node* node, const std::string& indent) {
    const std::string key = std::string{field.key} + ':';
    if (is_service_list(field)) {
      line(indent + key, {});
      if (node != nullptr) services(*node, indent + "  ");
    } else if (field.shape->kind == Kind::mapping) {
      line(indent + key, {});
      mapping({field.shape->fields(), field.member(values)}, node, indent + "  ");
    } else {
      scalar(indent, key, field, values, node);
    }
  }

  void scalar(const std::string& indent, const std::string& key, const Field& field, const void* values,
              const Config_Node* node) {
    const std::string shown = field.show(field, values);
    const bool plain = field.shape->item != nullptr;  // of lists the items are quoted already
    if (shown.empty() && (plain || field.shape->kind == Kind::endpoint)) return;  // there is no endpoint by default
    line(indent + key + ' ' + (plain ? shown : detail::flow_text(shown)), origin_of(node));
  }

  void services(const Config_Node& list, const std::string& indent) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::size_t start = text_.size();
      for (const Option_Table& table : services_[i]) mapping(table, &list[i], indent + "  ");
      text_[start + indent.size()] = '-';
    }
  }

  void line(std::string text, const std::string& origin) {
    if (!origin.empty()) {
      text.resize(std::max(text.size() + 2, comment_column), ' ');
      text += "# " + origin;
    }
    text_ += text + '\n';
  }

  const std::vector<std::vector<Option_Table>>& services_;
  std::string text_;
};

}  // namespace

std::string explain_config(const Option_Table& root, const Config_Node& tree,
                           const std::vector<std::vector<Option_Table>>& services) {
  Explanation explanation{services};
  explanation.mapping(root, &tree, "");
  return explanation.take();
}

}  // namespace v1
}  // namespace strata
