// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <strata/os/File.h>

namespace files {

/// A line of a client: a verb, and the rest of the line.
struct Request {
  enum class Verb : std::uint8_t { get, list, stat, quit };
  Verb verb;
  std::string_view name;  ///< of `list` it may be empty: the root
};

/// `line` is without its end. Nothing: it is none. A name is at most what a path may be, has no control character, and
/// is needed but for `list` and `quit`.
std::optional<Request> parse_request(std::string_view line) noexcept;

/// `regular 120 1700000000`: type, bytes, when it was modified (seconds since 1970).
std::string status_text(const strata::os::File_Status& status);

/// Of names with a NUL behind each, those that fit a line, each with its end; how many. At most `most` of them.
std::size_t list_lines(std::string_view names, std::size_t most, std::string& lines);

}  // namespace files
