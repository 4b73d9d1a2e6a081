// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <strata/os/Result.h>

namespace strata::inline v1 {
namespace {

class Strata_Category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "strata"; }
  std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::end_of_stream: return "end of stream";
      case errc::idle_timeout: return "idle timeout";
      case errc::write_timeout: return "write timeout";
      case errc::overflow: return "send queue overflow";
      case errc::shed: return "shed";
      case errc::stopping: return "stopping";
      case errc::canceled: return "canceled";
    }
    return "unknown error " + std::to_string(value);
  }
};

}  // namespace

const std::error_category& strata_category() noexcept {
  static const Strata_Category category;
  return category;
}

}  // namespace strata::inline v1
