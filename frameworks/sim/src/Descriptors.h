// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <strata/os/Handle.h>
#include <strata/os/Operations.h>

#include "Object.h"

namespace strata::inline v1::sim {

/// A process's descriptors: the lowest free number is given first (open(2)), so a number is soon somebody else's.
class Descriptors {
 public:
  static constexpr std::int32_t first = 3;  // 0 to 2 belong to the terminal

  os::Raw open(std::shared_ptr<Object>);  ///< the number, or -EMFILE at the limit
  os::Raw close(os::Handle);
  Object* find(os::Handle) const;
  std::shared_ptr<Object> share(os::Handle) const;
  template <class T>
  T* find_as(os::Handle handle) const { return dynamic_cast<T*>(find(handle)); }
  bool full() const noexcept { return open_ >= limit_; }
  std::size_t count() const noexcept { return open_; }
  std::size_t limit() const noexcept { return limit_; }
  void limit(std::size_t most) noexcept { limit_ = most; }

 private:
  std::vector<std::shared_ptr<Object>> table_;
  std::size_t open_ = 0;
  std::size_t limit_ = 1024;
};

/// eventfd(2): a counter that is readable while it is not zero.
class Counter final : public Object {
 public:
  std::uint8_t readiness() const override;
  std::uint64_t edges() const override { return writes_; }
  os::Raw read(Bytes) override;
  os::Raw write(Const_Bytes) override;

 private:
  std::uint64_t value_ = 0;
  std::uint64_t writes_ = 0;
};

/// A file of the real system behind a simulated number.
class Real_File final : public Object {
 public:
  explicit Real_File(os::Handle real) noexcept : real_{real} {}
  ~Real_File() override;
  os::Handle real() const noexcept { return real_; }
  os::Raw read(Bytes) override;
  os::Raw write(Const_Bytes) override;

 private:
  os::Handle real_;
};

}  // namespace strata::inline v1::sim
