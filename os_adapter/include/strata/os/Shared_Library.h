// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <strata/os/Bytes.h>
#include <strata/os/Export.h>
#include <strata/os/Outcome.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {
namespace os {

/// Code loaded into the process from an image in memory. It is a private copy: nobody can write over what is mapped
/// (that would kill the process), and the same file, changed or not, can be loaded beside itself. Its symbols are seen
/// by nobody else. Not behind the seam, as the loader runs code of the image. @threads any, one at a time
/// Source: dlopen(3), memfd_create(2).
class Shared_Library {
 public:
  /// What the image says in the notes of that owner, in no order; no code of it runs. They lie in `image`, which may
  /// be any bytes. Source: elf(5), "Notes".
  static std::vector<std::string_view> notes(Const_Bytes image, std::string_view owner, std::uint32_t type);
  /// Symbols that keep an image mapped for ever once it is loaded (STB_GNU_UNIQUE).
  static std::vector<std::string_view> unique_symbols(Const_Bytes image);
  /// Whether `load` would try: an error says what is wrong, as "for another machine".
  static Outcome<> check(Const_Bytes image);

  /// Runs the image's static constructors. `name` is what tools show: "/memfd:NAME". Errors: those of `check`; the
  /// loader's, as "undefined symbol: …". An image damaged elsewhere than in its headers may still end the process.
  static Outcome<Shared_Library> load(Const_Bytes image, const std::string& name);
  Shared_Library(Shared_Library&&) noexcept;
  Shared_Library& operator=(Shared_Library&&) noexcept;
  ~Shared_Library();  ///< unloads

  /// Null where the image itself has no such symbol; those of libraries that it needs do not count.
  const void* find(const char* symbol) const noexcept;
  /// Whether code or data at the address is of this image.
  bool contains(const void* address) const noexcept;
  /// False: it stays mapped though nobody refers to it (a unique symbol, a thread's pending destructor). Nothing may
  /// point into it any more. Once.
  bool unload() noexcept;

 private:
  struct State;
  explicit Shared_Library(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace os
}  // namespace v1
}  // namespace strata
