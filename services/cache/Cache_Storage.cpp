// SPDX-License-Identifier: Apache-2.0
// What is stored: set, add, replace, append, prepend, cas. A line says how long the value is that follows.
#include <algorithm>
#include <limits>
#include <new>

#include "Cache_Session.h"

namespace cache {
namespace {

constexpr std::string_view bad_format = "CLIENT_ERROR bad command line format\r\n";
constexpr std::string_view too_large = "SERVER_ERROR object too large for cache\r\n";
constexpr std::string_view no_memory = "SERVER_ERROR out of memory storing object\r\n";
constexpr std::string_view stored = "STORED\r\n", not_stored = "NOT_STORED\r\n";

}  // namespace

Cache_Session::~Cache_Session() { forget_value(); }

void Cache_Session::forget_value() {
  if (incoming_.charged != 0) state_.incoming().release(incoming_.charged);
  incoming_.charged = 0;
  incoming_.bytes = {};
}

Cache_Session::Result<> Cache_Session::store_command(const Arguments& words, Store_Mode mode) {
  const std::size_t needed = mode == Store_Mode::cas ? 5 : 4;
  if (words.count != needed && words.count != needed + 1) return put("ERROR\r\n");
  const bool noreply = words.last() == "noreply";
  if (words[0].size() > longest_key) return answer(bad_format, noreply);
  return begin_value(words, mode, noreply);
}

Cache_Session::Result<> Cache_Session::begin_value(const Arguments& words, Store_Mode mode, bool noreply) {
  const auto flags = number<std::uint64_t>(words[1]);  // cut to 32 bits, as memcached does
  const auto exptime = number<std::int64_t>(words[2]);
  const auto size = number<std::int32_t>(words[3]);
  constexpr std::int32_t largest = std::numeric_limits<std::int32_t>::max() - 2;
  if (!flags || !exptime || !size || *size < 0 || *size > largest) return answer(bad_format, noreply);
  const auto cas = mode == Store_Mode::cas ? number<std::uint64_t>(words[4]) : 0;
  if (!cas) return answer(bad_format, noreply);
  const auto bytes = static_cast<std::size_t>(*size);
  if (bytes > store().max_item()) {
    if (mode == Store_Mode::set) {  // no stale value stays behind
      if (Item* former = store().find(words[0], false)) store().remove(*former);
    }
    return swallow(bytes + Item::end_size, too_large, noreply);
  }
  incoming_.mode = mode;
  incoming_.noreply = noreply;
  incoming_.swallowed = false;
  incoming_.flags = static_cast<std::uint32_t>(*flags);
  incoming_.expires = state_.expiry(*exptime);
  incoming_.cas = *cas;
  incoming_.size = bytes;
  incoming_.key.assign(words[0]);
  expect_block(bytes + Item::end_size);
  return {};
}

Cache_Session::Result<> Cache_Session::swallow(std::size_t size, std::string_view text, bool noreply) {
  incoming_.swallowed = true;
  expect_block(size);
  return answer(text, noreply);
}

Cache_Session::Result<> Cache_Session::handle_block(Bytes part, std::size_t missing) {
  const Cache_State::Held held{state_};
  if (incoming_.swallowed) return {};
  if (missing == 0 && incoming_.bytes.empty()) return end_value(strata::as_text(part));
  if (const Result<> kept = keep_piece(part); !kept) {
    forget_value();
    return swallow(missing, no_memory, incoming_.noreply);
  }
  if (missing != 0) return {};
  const Result<> done = end_value(incoming_.bytes);
  forget_value();
  return done;
}

Cache_Session::Result<> Cache_Session::keep_piece(Bytes part) try {
  if (incoming_.bytes.empty()) {
    const std::size_t whole = incoming_.size + Item::end_size;
    if (!state_.incoming().charge(whole)) return strata::fail(std::errc::no_buffer_space);
    incoming_.charged = whole;
    incoming_.bytes.reserve(whole);
  }
  incoming_.bytes.append(strata::as_text(part));
  return {};
} catch (const std::bad_alloc&) {
  return strata::fail(std::errc::not_enough_memory);
}

Cache_Session::Result<> Cache_Session::end_value(std::string_view value_and_end) {
  ++counts().sets;
  if (!value_and_end.ends_with("\r\n")) return answer("CLIENT_ERROR bad data chunk\r\n", incoming_.noreply);
  state_.look_at_clock(home().now());
  return answer(store_value(value_and_end.substr(0, incoming_.size)), incoming_.noreply);
}

std::string_view Cache_Session::store_value(std::string_view value) {
  const Incoming& in = incoming_;
  const auto write_new = [&] { return write(in.key, value, in.flags, in.expires) ? stored : too_large; };
  if (in.mode == Store_Mode::set) return write_new();
  Item* const former = store().find(in.key, false);
  switch (in.mode) {
    case Store_Mode::add:
      if (former != nullptr) former->used = true;
      return former == nullptr ? write_new() : not_stored;
    case Store_Mode::replace: return former != nullptr ? write_new() : not_stored;
    case Store_Mode::append:
    case Store_Mode::prepend: return former != nullptr ? store_joined(*former, value) : not_stored;
    case Store_Mode::cas:
      if (former == nullptr) return ++counts().cas_misses, "NOT_FOUND\r\n";
      if (former->cas != in.cas) return ++counts().cas_mismatches, "EXISTS\r\n";
      ++counts().cas_hits;
      return write_new();
    case Store_Mode::set: break;
  }
  return not_stored;
}

/// Flags and time stay those of the former.
std::string_view Cache_Session::store_joined(Item& former, std::string_view value) {
  const bool behind = incoming_.mode == Store_Mode::append;
  const std::string old{former.value()};  // the store may move or drop it
  const std::string whole = behind ? old + std::string{value} : std::string{value} + old;
  return write(incoming_.key, whole, former.flags, former.expires) ? stored : too_large;
}

bool Cache_Session::write(std::string_view key, std::string_view value, std::uint32_t flags, std::uint32_t expires) {
  Item* const item = store().put(key, value.size(), flags, expires);
  if (item == nullptr) return false;
  std::ranges::copy(value, item->text() + item->key_size);
  return true;
}

}  // namespace cache
