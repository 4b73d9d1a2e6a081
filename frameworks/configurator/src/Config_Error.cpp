// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Config_Error.h>

#include <algorithm>

#include <strata/configurator/Config_Node.h>

namespace strata {
inline namespace v1 {

namespace {

constexpr std::size_t longest_quote = 60;

/// A configuration may come from a stranger, its messages go to a terminal.
std::string escaped(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string safe;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F) {
      safe += c;
    } else {
      safe += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return safe;
}

std::string described(const Config_Node& node) {
  switch (node.kind()) {
    case Config_Node::Kind::null: return "nothing";
    case Config_Node::Kind::sequence: return "a list";
    case Config_Node::Kind::mapping: return "a mapping";
    case Config_Node::Kind::scalar: break;
  }
  return (node.quoted() ? "the text " : "") + in_quotes(node.scalar());
}

}  // namespace

std::string to_text(Mark mark) {
  return "line " + std::to_string(mark.line) + ", column " + std::to_string(mark.column);
}

std::string in_quotes(std::string_view text) {
  if (text.size() <= longest_quote) return '"' + std::string{text} + '"';
  std::size_t end = longest_quote;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // never inside a letter
  return '"' + std::string{text.substr(0, end)} + "…\"";
}

std::string Config_Error::text() const {
  std::string place = escaped(file);
  if (mark.line != 0) place += ':' + std::to_string(mark.line) + ':' + std::to_string(mark.column);
  return place + (warning ? ": warning: " : ": error: ") + escaped(message);
}

void Config_Errors::at_value(const Config_Node& node, const std::string& message, std::size_t offset) {
  Mark mark = node.mark();
  if (offset != 0) mark.column += static_cast<std::uint32_t>(offset) + (node.quoted() ? 1 : 0);
  add({node.file(), mark, node.key().empty() ? message : node.key() + ": " + message});
}

void Config_Errors::expected(const Config_Node& node, std::string_view what) {
  at_value(node, "expected " + std::string{what} + ", found " + described(node));
}

void Config_Errors::missing(const Config_Node& mapping, std::string_view key, std::string_view help) {
  at_value(mapping, "the key " + in_quotes(key) + " is missing: " + std::string{help});
}

void Config_Errors::at_key(const Config_Node& node, std::string message) {
  add({node.file(), node.key_mark(), std::move(message)});
}

void Config_Errors::warn(const Config_Node& node, const std::string& message) {
  warnings_.push_back({node.file(), node.mark(), node.key().empty() ? message : node.key() + ": " + message});
  warnings_.back().warning = true;
}

std::string Config_Errors::warnings() const {
  std::vector<Config_Error> sorted = warnings_;
  std::ranges::stable_sort(sorted, {}, [](const Config_Error& one) { return std::pair{one.file, one.mark}; });
  std::string lines;
  for (const Config_Error& one : sorted) lines += one.text() + '\n';
  return lines;
}

void Config_Errors::outside(const Config_Node& node, const std::string& message) {
  at_value(node, message);
  errors_.back().outside = true;
}

bool Config_Errors::all_outside() const noexcept { return std::ranges::all_of(errors_, &Config_Error::outside); }

void Config_Errors::sort() { std::ranges::stable_sort(errors_, {}, &Config_Error::mark); }

std::string Config_Errors::text() const {
  std::string lines;
  for (const Config_Error& error : errors_) lines += error.text() + '\n';
  return lines;
}

}  // namespace v1
}  // namespace strata
