// SPDX-License-Identifier: Apache-2.0
#include "Escape.h"

#include <algorithm>
#include <cstddef>

#include <strata/logging/Log_Record.h>

namespace strata {
inline namespace v1 {

namespace {

enum class Style { plain, quoted, json };

unsigned byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

/// Bytes of the UTF-8 sequence at the front, 0 where there is none (RFC 3629 section 4: no overlong forms, no
/// surrogates, nothing above U+10FFFF).
std::size_t sequence_length(std::string_view text) {
  const unsigned lead = byte_at(text, 0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (length == 0 || text.size() < length) return 0;
  const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte_at(text, 1) < low || byte_at(text, 1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte_at(text, i) & 0xC0) != 0x80) return 0;
  }
  return length;
}

bool is_control(std::string_view sequence) {
  const unsigned lead = byte_at(sequence, 0);
  return lead < 0x20 || lead == 0x7F || (lead == 0xC2 && byte_at(sequence, 1) < 0xA0);
}

void append_escape(unsigned code, Style style, std::string& out) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (code) {
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  out += style == Style::json ? "\\u00" : "\\x";
  out += digits[(code >> 4) & 15];
  out += digits[code & 15];
}

/// `text` is not empty; the number of bytes that it has dealt with.
std::size_t append_one(std::string_view text, Style style, std::string& out) {
  const std::size_t length = sequence_length(text);
  if (length == 0) {
    append_escape(byte_at(text, 0), style, out);
    return 1;
  }
  if (is_control(text.substr(0, length))) {
    append_escape(byte_at(text, length - 1), style, out);
    return length;
  }
  if (text[0] == '\\' || (text[0] == '"' && style != Style::plain)) out += '\\';
  out.append(text, 0, length);
  return length;
}

/// Where a text is cut, never inside of a sequence.
std::size_t cut_at(std::string_view text) {
  std::size_t end = Log_Record::max_text;
  while (end > Log_Record::max_text - 3 && (byte_at(text, end) & 0xC0) == 0x80) --end;
  return end;
}

/// Bytes at the front that no style escapes: the usual ones, taken at once.
std::size_t harmless(std::string_view text) {
  const auto end = std::ranges::find_if(text, [](char c) { return c < ' ' || c > '~' || c == '"' || c == '\\'; });
  return static_cast<std::size_t>(end - text.begin());
}

void append(std::string_view text, Style style, std::string& out) {
  const bool cut = text.size() > Log_Record::max_text;
  if (cut) text = text.substr(0, cut_at(text));
  for (;;) {
    const std::size_t run = harmless(text);
    out.append(text, 0, run);
    text.remove_prefix(run);
    if (text.empty()) break;
    text.remove_prefix(append_one(text, style, out));
  }
  if (cut) out += "...";
}

bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return static_cast<unsigned char>(c) > ' ' && static_cast<unsigned char>(c) < 0x7F && c != '"' && c != '=' &&
           c != '\\';
  });
}

}  // namespace

void append_plain(std::string_view text, std::string& out) { append(text, Style::plain, out); }

void append_word(std::string_view text, std::string& out) {
  if (is_word(text)) {
    append(text, Style::plain, out);
    return;
  }
  out += '"';
  append(text, Style::quoted, out);
  out += '"';
}

void append_json(std::string_view text, std::string& out) {
  out += '"';
  append(text, Style::json, out);
  out += '"';
}

}  // namespace v1
}  // namespace strata
