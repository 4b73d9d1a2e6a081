// SPDX-License-Identifier: Apache-2.0
// An echo by operations on blocks of its own, as a kind of service.
#include <array>
#include <utility>

#include <strata/configurator/Options.h>
#include <strata/configurator/Service.h>
#include <strata/proactor/Asynch_Acceptor.h>

namespace {

using namespace strata;

class Block_Echo final : public Service_Handler {
 public:
  struct Options {
    std::size_t block = 4096;
    static constexpr auto fields() {
      return std::array{field<&Options::block, Size_Type>("block", "bytes that a read takes").within(1, 1 << 20)};
    }
  };

  explicit Block_Echo(Service& service) : size_(service.options<Options>().block) {}

 private:
  Result<> open() override { return read(size_); }
  Result<> handle_read(Completed got) override { return write(std::move(got.block)); }
  Result<> handle_write(Completed) override { return read(size_); }

  const std::size_t size_;
};
STRATA_SERVICE(Asynch_Acceptor<Block_Echo>, "block-echo")

}  // namespace
