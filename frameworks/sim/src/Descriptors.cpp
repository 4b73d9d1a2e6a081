// SPDX-License-Identifier: Apache-2.0
#include "Descriptors.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include <strata/os/Demultiplexer.h>

namespace strata::inline v1::sim {

using os::Handle;
using os::Raw;

Raw Descriptors::open(std::shared_ptr<Object> object) {
  if (full()) return error(std::errc::too_many_files_open);
  auto slot = std::ranges::find(table_, nullptr);
  if (slot == table_.end()) slot = table_.insert(slot, nullptr);
  *slot = std::move(object);
  ++open_;
  return first + (slot - table_.begin());
}

Raw Descriptors::close(Handle handle) {
  if (find(handle) == nullptr) return error(std::errc::bad_file_descriptor);
  // Freed after the number is: what it sets off may open another.
  const std::shared_ptr<Object> last = std::exchange(table_[static_cast<std::size_t>(handle.value() - first)], nullptr);
  --open_;
  return 0;
}

Object* Descriptors::find(Handle handle) const { return share(handle).get(); }

std::shared_ptr<Object> Descriptors::share(Handle handle) const {
  const auto index = static_cast<std::size_t>(handle.value() - first);
  return handle.value() >= first && index < table_.size() ? table_[index] : nullptr;
}

std::uint8_t Counter::readiness() const {
  return static_cast<std::uint8_t>(os::Ready::output | (value_ != 0 ? os::Ready::input : 0));
}

Raw Counter::read(Bytes out) {
  if (out.size() < sizeof value_) return error(std::errc::invalid_argument);
  if (value_ == 0) return error(std::errc::operation_would_block);
  std::memcpy(out.data(), &value_, sizeof value_);
  value_ = 0;
  return sizeof value_;
}

Raw Counter::write(Const_Bytes in) {
  if (in.size() < sizeof value_) return error(std::errc::invalid_argument);
  std::uint64_t more = 0;
  std::memcpy(&more, in.data(), sizeof more);
  if (more >= std::numeric_limits<std::uint64_t>::max() - value_) return error(std::errc::operation_would_block);
  value_ += more;
  ++writes_;
  return sizeof value_;
}

Real_File::~Real_File() { os::native_operations().close(real_); }
Raw Real_File::read(Bytes out) { return os::native_operations().read(real_, out.data(), out.size()); }
Raw Real_File::write(Const_Bytes in) { return os::native_operations().write(real_, in.data(), in.size()); }

}  // namespace strata::inline v1::sim
