// SPDX-License-Identifier: Apache-2.0
#include "Files_Request.h"

#include <algorithm>
#include <array>
#include <utility>

namespace files {

namespace {

using Verb = Request::Verb;

constexpr std::size_t longest_name = 4'095;  // PATH_MAX, its NUL included (realpath(3))
constexpr std::array<std::pair<std::string_view, Verb>, 4> verbs{
    {{"get", Verb::get}, {"list", Verb::list}, {"stat", Verb::stat}, {"quit", Verb::quit}}};

bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }

std::string_view word_of(strata::os::File_Type type) noexcept {
  switch (type) {
    case strata::os::File_Type::regular: return "regular";
    case strata::os::File_Type::directory: return "folder";
    default: return "other";
  }
}

}  // namespace

std::optional<Request> parse_request(std::string_view line) noexcept {
  const std::size_t blank = line.find(' ');
  const auto* const found = std::ranges::find(verbs, line.substr(0, blank), &std::pair<std::string_view, Verb>::first);
  if (found == verbs.end()) return {};
  const std::string_view name = blank == std::string_view::npos ? std::string_view{} : line.substr(blank + 1);
  const bool needs_name = found->second == Verb::get || found->second == Verb::stat;
  if (needs_name == name.empty() && found->second != Verb::list) return {};
  if (name.size() > longest_name || std::ranges::any_of(name, is_control)) return {};
  return Request{found->second, name};
}

std::string status_text(const strata::os::File_Status& status) {
  return std::string{word_of(status.type)} + ' ' + std::to_string(status.size) + ' ' + std::to_string(status.modified);
}

std::size_t list_lines(std::string_view names, std::size_t most, std::string& lines) {
  std::size_t count = 0;
  while (!names.empty() && count < most) {
    const std::size_t end = names.find('\0');
    const std::string_view name = names.substr(0, end);
    names.remove_prefix(std::min(end, names.size() - 1) + 1);
    if (name.empty() || std::ranges::any_of(name, is_control)) continue;  // no line can name it
    (lines += name) += '\n';
    ++count;
  }
  return count;
}

}  // namespace files
