// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cache {

/// Where an item lies: its place in eights of bytes, plus one; 0 is none. So 32 bits reach over 32 GiB.
using Ref = std::uint32_t;

/// What a key names, as it lies in memory: this, the key, the value, CR LF, and up to 7 bytes to the next item. It is
/// moved as bytes. @threads home
struct Item {
  enum class State : std::uint8_t { live, dead, padding };

  std::uint64_t cas;         ///< unique among the versions of all items
  Ref next;                  ///< in its chain of the index
  std::uint32_t hash;        ///< of the key
  std::uint32_t flags;       ///< the client's
  std::uint32_t value_size;  ///< without CR LF; of padding, its bytes behind this
  std::uint32_t expires;     ///< seconds of the store's clock; 0: never
  std::uint16_t key_size;
  State state;
  bool used;  ///< since it was written

  static constexpr std::size_t end_size = 2;  ///< CR LF, so that a reply is one piece
  static constexpr std::size_t bytes_for(std::size_t key, std::size_t value) noexcept {
    return (sizeof(Item) + key + value + end_size + 7) / 8 * 8;
  }

  std::size_t bytes() const noexcept {
    return state == State::padding ? sizeof(Item) + value_size : bytes_for(key_size, value_size);
  }
  char* text() noexcept { return reinterpret_cast<char*>(this + 1); }
  const char* text() const noexcept { return reinterpret_cast<const char*>(this + 1); }
  std::string_view key() const noexcept { return {text(), key_size}; }
  std::string_view value() const noexcept { return {text() + key_size, value_size}; }
  std::string_view value_and_end() const noexcept { return {text() + key_size, value_size + end_size}; }
};
static_assert(sizeof(Item) == 32);

}  // namespace cache
