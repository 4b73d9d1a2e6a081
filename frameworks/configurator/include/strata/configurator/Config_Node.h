// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <strata/configurator/Config_Error.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// A value of a configuration file with the place where it stands, and its children in the file's order. A plain value:
/// copies are deep, lookups never insert, and once read it is never changed. @threads any
class Config_Node {
 public:
  enum class Kind : std::uint8_t { null, scalar, sequence, mapping };

  Config_Node() = default;  ///< null, nowhere
  Config_Node(Kind kind, std::shared_ptr<const std::string> file, Mark mark) noexcept
      : file_(std::move(file)), mark_(mark), kind_(kind) {}

  Kind kind() const noexcept { return kind_; }
  bool is_null() const noexcept { return kind_ == Kind::null; }
  bool is_scalar() const noexcept { return kind_ == Kind::scalar; }
  bool is_sequence() const noexcept { return kind_ == Kind::sequence; }
  bool is_mapping() const noexcept { return kind_ == Kind::mapping; }

  const std::string& scalar() const noexcept { return scalar_; }  ///< empty unless a scalar
  bool quoted() const noexcept { return quoted_; }          ///< written in quotes or as a block: text, never a number
  const std::string& key() const noexcept { return key_; }  ///< as a child of a mapping
  const std::string& file() const noexcept;
  Mark mark() const noexcept { return mark_; }  ///< where the value starts; of an alias: where its anchor stands
  Mark key_mark() const noexcept { return key_mark_; }  ///< where the key stands

  std::size_t size() const noexcept { return children_.size(); }
  auto begin() const noexcept { return children_.begin(); }
  auto end() const noexcept { return children_.end(); }
  const Config_Node& operator[](std::size_t index) const noexcept { return children_[index]; }
  const Config_Node* find(std::string_view key) const noexcept;  ///< null where a mapping has no such key

  // For readers, while the tree grows.
  void set_scalar(std::string text, bool quoted) noexcept;
  void set_key(std::string key, Mark mark) noexcept;
  Config_Node& append(Config_Node child) { return children_.emplace_back(std::move(child)); }
  void become(Config_Node other) noexcept;  ///< takes another's value and place; the key stays
  auto begin() noexcept { return children_.begin(); }
  auto end() noexcept { return children_.end(); }
  Config_Node& operator[](std::size_t index) noexcept { return children_[index]; }
  Config_Node* find(std::string_view key) noexcept { return const_cast<Config_Node*>(std::as_const(*this).find(key)); }

 private:
  std::shared_ptr<const std::string> file_;
  std::string scalar_;
  std::string key_;
  std::vector<Config_Node> children_;
  Mark mark_;
  Mark key_mark_;
  Kind kind_ = Kind::null;
  bool quoted_ = false;
};

}  // namespace v1
}  // namespace strata
