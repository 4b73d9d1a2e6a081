// SPDX-License-Identifier: Apache-2.0
// Any line is a request whose name could be a path's, or none; any names make whole lines, no more than are asked for.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "../../services/files/Files_Request.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }

void check_request(std::string_view line) {
  const auto request = files::parse_request(line);
  if (!request) return;
  require(line.ends_with(request->name) && request->name.size() < line.size());
  require(request->name.size() < 4096 && std::ranges::none_of(request->name, is_control));
}

void check_list(std::string_view names) {
  constexpr std::size_t most = 5;
  std::string lines;
  const std::size_t count = files::list_lines(names, most, lines);
  require(count <= most && static_cast<std::size_t>(std::ranges::count(lines, '\n')) == count);
  require(lines.empty() || lines.back() == '\n');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_request(text);
  check_list(text);
  return 0;
}
