// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>

#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// An object of options of whichever type a handler's class declares, for those between that know none of them.
/// @threads as a shared_ptr
class Any_Options {
 public:
  Any_Options() = default;  ///< of no type
  template <class O>
  static Any_Options of(O value = {}) {
    return {std::make_shared<O>(std::move(value)), &tag<O>};
  }

  /// Null where it holds none of this type. One type of two modules is two types.
  template <class O>
  const O* find() const noexcept {
    return type_ == &tag<O> ? static_cast<const O*>(object_.get()) : nullptr;
  }
  void* object() noexcept { return object_.get(); }  ///< for who fills it by its fields
  const void* object() const noexcept { return object_.get(); }
  bool empty() const noexcept { return object_ == nullptr; }

 private:
  template <class O>
  static constexpr char tag = 0;

  Any_Options(std::shared_ptr<void> object, const char* type) noexcept : object_(std::move(object)), type_(type) {}

  std::shared_ptr<void> object_;
  const char* type_ = nullptr;
};

}  // namespace v1
}  // namespace strata
