// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include <link.h>

#include <strata/os/Bytes.h>

namespace strata::inline v1::os {

/// The file of a shared library, before the loader sees it. The loader trusts what it maps: a table that lies outside
/// of the file kills the process. Nothing here trusts the bytes. Source: elf(5), System V ABI, chapters 4 and 5.
class Image {
 public:
  using Header = ElfW(Ehdr);
  using Segment = ElfW(Phdr);
  using Dynamic = ElfW(Dyn);
  using Section = ElfW(Shdr);

  explicit Image(Const_Bytes bytes) noexcept : bytes_(bytes) {}

  /// Why the loader must not have it; empty where it may.
  std::string_view defect() const;
  std::vector<std::string_view> notes(std::string_view owner, std::uint32_t type) const;
  std::vector<std::string_view> unique_symbols() const;

 private:
  /// `count` objects at the offset, copied out; empty where they are not all within.
  template <class T>
  std::vector<T> table(std::uint64_t offset, std::uint64_t count) const {
    if (offset > bytes_.size() || count > (bytes_.size() - offset) / sizeof(T)) return {};
    std::vector<T> copies(static_cast<std::size_t>(count));
    if (count != 0) std::memcpy(copies.data(), bytes_.data() + offset, copies.size() * sizeof(T));
    return copies;
  }
  Header header() const;
  std::vector<Segment> segments() const;
  std::vector<Section> sections() const;
  Const_Bytes part(std::uint64_t offset, std::uint64_t size) const noexcept;

  Const_Bytes bytes_;
};

}  // namespace strata::inline v1::os
