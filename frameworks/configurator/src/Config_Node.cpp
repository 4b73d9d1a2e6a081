// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Config_Node.h>

namespace strata {
inline namespace v1 {

const std::string& Config_Node::file() const noexcept {
  static const std::string nowhere;
  return file_ ? *file_ : nowhere;
}

const Config_Node* Config_Node::find(std::string_view key) const noexcept {
  if (!is_mapping()) return nullptr;
  for (const Config_Node& child : children_) {
    if (child.key_ == key) return &child;
  }
  return nullptr;
}

void Config_Node::set_scalar(std::string text, bool quoted) noexcept {
  scalar_ = std::move(text);
  quoted_ = quoted;
}

void Config_Node::set_key(std::string key, Mark mark) noexcept {
  key_ = std::move(key);
  key_mark_ = mark;
}

void Config_Node::become(Config_Node other) noexcept {
  other.set_key(std::move(key_), key_mark_);
  *this = std::move(other);
}

}  // namespace v1
}  // namespace strata
