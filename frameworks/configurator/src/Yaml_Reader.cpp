// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Yaml_Reader.h>

#include <memory>
#include <spanstream>
#include <unordered_map>
#include <utility>
#include <vector>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <strata/os/File.h>

#include "Yaml_Text.h"

namespace strata {
inline namespace v1 {
namespace {

/// Leaves the parser, which offers no other way to stop.
struct Refusal {
  Mark mark;
  std::string message;
};

Mark to_mark(const YAML::Mark& mark) noexcept {
  if (mark.is_null()) return {};
  return {static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1)};
}

/// Grows the tree from the parser's events. The parser's own Node would hide marks of keys, duplicates and cycles.
class Tree_Builder final : public YAML::EventHandler {
 public:
  Tree_Builder(std::string_view text, std::shared_ptr<const std::string> file, const Yaml_Limits& limits)
      : text_(text), file_(std::move(file)), limits_(limits) {}

  Config_Node take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ != 0) throw Refusal{to_mark(mark), "a second document starts here; one file holds one"};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    count(to_mark(mark), 1);
    finish({Config_Node::Kind::null, file_, to_mark(mark)}, anchor, 1);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (is_unclosed_quote(text_, static_cast<std::size_t>(mark.pos))) {
      throw Refusal{to_mark(mark), "this quote is never closed"};
    }
    count(to_mark(mark), 1);
    Config_Node node{Config_Node::Kind::scalar, file_, to_mark(mark)};
    const bool text = tag == "!" || tag == "tag:yaml.org,2002:str";
    if (!text) check_tag(mark, tag);
    node.set_scalar(value, text);
    finish(std::move(node), anchor, 1);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end()) throw Refusal{to_mark(mark), "this alias stands inside what it stands for"};
    if (at_key()) throw Refusal{to_mark(mark), "a key must be plain text, not an alias"};
    count(to_mark(mark), known->second.values);
    count_copy(to_mark(mark), known->second.values);
    place(known->second.node);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Config_Node::Kind::sequence, mark, tag, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Config_Node::Kind::mapping, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Config_Node node;
    YAML::anchor_t anchor = 0;
    std::size_t values_before = 0;
    bool key_read = false;
    std::string key;
    Mark key_mark;
    std::unordered_map<std::string, Mark> keys;
  };
  struct Anchored {
    Config_Node node;
    std::size_t values = 0;
  };

  bool at_key() const noexcept { return !open_.empty() && open_.back().node.is_mapping() && !open_.back().key_read; }

  void check_tag(const YAML::Mark& mark, const std::string& tag) const {
    if (!tag.empty() && tag != "?" && tag != "!") throw Refusal{to_mark(mark), "no tag is known here but !!str"};
  }

  void count(Mark mark, std::size_t values) {
    values_ += values;
    if (values_ > limits_.values) {
      throw Refusal{mark, "more than " + std::to_string(limits_.values) + " values, aliases expanded"};
    }
  }

  void count_copy(Mark mark, std::size_t values) {
    copied_ += values;
    if (copied_ > limits_.copied) {
      throw Refusal{mark, "anchors and aliases repeat more than " + std::to_string(limits_.copied) + " values"};
    }
  }

  void open(Config_Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    check_tag(mark, tag);
    if (at_key()) throw Refusal{to_mark(mark), "a key must be plain text"};
    if (open_.size() == limits_.depth) {
      throw Refusal{to_mark(mark), "nested deeper than " + std::to_string(limits_.depth) + " levels"};
    }
    count(to_mark(mark), 1);
    open_.push_back({Config_Node{kind, file_, to_mark(mark)}, anchor, values_ - 1, false, {}, {}, {}});
  }

  void close() {
    Open closed = std::move(open_.back());
    open_.pop_back();
    finish(std::move(closed.node), closed.anchor, values_ - closed.values_before);
  }

  void finish(Config_Node node, YAML::anchor_t anchor, std::size_t values) {
    if (anchor != YAML::NullAnchor) {
      count_copy(node.mark(), values);
      anchors_.insert_or_assign(anchor, Anchored{node, values});
    }
    if (at_key()) {
      read_key(node);
    } else {
      place(std::move(node));
    }
  }

  void read_key(const Config_Node& node) {
    Open& parent = open_.back();
    if (!node.is_scalar()) throw Refusal{node.mark(), "a key must be plain text"};
    const auto [known, fresh] = parent.keys.emplace(node.scalar(), node.mark());
    if (!fresh) {
      throw Refusal{node.mark(),
                    "the key " + in_quotes(node.scalar()) + " stands already at " + to_text(known->second)};
    }
    parent.key = node.scalar();
    parent.key_mark = node.mark();
    parent.key_read = true;
  }

  void place(Config_Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (node.is_null()) node = {Config_Node::Kind::null, file_, place_of_null(node.mark())};
    if (parent.node.is_mapping()) node.set_key(std::move(parent.key), parent.key_mark);
    parent.key_read = false;
    parent.node.append(std::move(node));
  }

  /// Of a value left out the parser gives the place of what comes next.
  Mark place_of_null(Mark mark) const noexcept { return open_.back().node.is_mapping() ? open_.back().key_mark : mark; }

  std::string_view text_;
  std::shared_ptr<const std::string> file_;
  Yaml_Limits limits_;
  Config_Node root_;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, Anchored> anchors_;
  std::size_t documents_ = 0;
  std::size_t values_ = 0;
  std::size_t copied_ = 0;
};

std::unexpected<Config_Errors> refuse(const std::string& file, Mark mark, std::string message) {
  Config_Errors errors;
  errors.add({file, mark, std::move(message)});
  return std::unexpected{std::move(errors)};
}

std::string_view without_byte_order_mark(std::string_view text) noexcept {
  return text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text;
}

}  // namespace

std::expected<Config_Node, Config_Errors> read_yaml(std::string_view text, const std::string& file,
                                                    const Yaml_Limits& limits) {
  if (text.size() > limits.bytes) return refuse(file, {}, "longer than " + std::to_string(limits.bytes) + " bytes");
  text = without_byte_order_mark(text);
  if (const auto foreign = find_foreign_byte(text)) {
    return refuse(file, mark_of(text, *foreign), "this byte is neither UTF-8 text nor white space");
  }
  Tree_Builder builder{text, std::make_shared<const std::string>(file), limits};
  try {
    std::ispanstream stream{text};
    YAML::Parser parser{stream};
    if (!parser.HandleNextDocument(builder)) return refuse(file, {}, "holds no configuration");
    parser.HandleNextDocument(builder);
  } catch (const Refusal& refusal) {
    return refuse(file, refusal.mark, refusal.message);
  } catch (const YAML::Exception& error) {
    return refuse(file, to_mark(error.mark), error.msg);
  }
  return builder.take_root();
}

std::expected<Config_Node, Config_Errors> read_yaml_file(const std::string& file, const Yaml_Limits& limits) {
  const Result<std::string> text = os::read_file(file, limits.bytes);
  if (!text) return refuse(file, {}, text.error().message());
  return read_yaml(*text, file, limits);
}

}  // namespace v1
}  // namespace strata
