// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include <strata/os/Bytes.h>
#include <strata/os/Export.h>
#include <strata/os/Memory_Map.h>
#include <strata/os/Outcome.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// A whole file in memory; owns the mapping. An empty file is no bytes, and no error. See os::Memory_Map for what
/// happens when somebody shortens the file meanwhile. @threads any
class Mem_Map {
 public:
  Mem_Map() noexcept = default;  ///< of nothing
  /// To read. The error names the path: "map /var/x: Permission denied".
  static Outcome<Mem_Map> open(const std::string& path);
  /// To read and to write; the file is made if it is missing, and brought to `size` bytes, new ones being 0.
  static Outcome<Mem_Map> open(const std::string& path, std::size_t size, unsigned permissions = 0644);

  Bytes bytes() noexcept { return map_.bytes(); }  ///< to write only into one that was opened with a size
  Const_Bytes bytes() const noexcept { return map_.bytes(); }
  std::size_t size() const noexcept { return map_.size(); }
  Result<> sync() noexcept { return map_.sync(); }

 private:
  explicit Mem_Map(os::Memory_Map map) noexcept : map_(std::move(map)) {}
  os::Memory_Map map_;
};

}  // namespace v1
}  // namespace strata
