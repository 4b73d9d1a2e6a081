// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

// Texts made safe for a line: no control character (C0, DEL, C1) and no byte that is not UTF-8 passes as it is.
namespace strata {
inline namespace v1 {

void append_plain(std::string_view text, std::string& out);  ///< \n, \x1b, and \\ for a backslash
void append_word(std::string_view text, std::string& out);   ///< as plain, in quotes where a reader needs them
void append_json(std::string_view text, std::string& out);   ///< a JSON string with its quotes (RFC 8259 section 7)

}  // namespace v1
}  // namespace strata
