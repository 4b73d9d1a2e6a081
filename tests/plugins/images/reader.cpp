// SPDX-License-Identifier: Apache-2.0
// A plugin whose connections have a file read by a handler that nobody counts.
#include <memory>
#include <utility>

#include <strata/configurator/Options.h>
#include <strata/configurator/Service.h>
#include <strata/os/File.h>
#include <strata/os/Socket.h>
#include <strata/proactor/Asynch_Acceptor.h>

namespace {

using namespace strata;

class Page final : public Service_Handler {
  Result<> open() override { return read_at(Message_Block::make(64).value(), 0); }
};

/// Takes its page with it.
class Reader final : public Service_Handler {
  Result<> open() override {
    os::Unique_Handle file = os::duplicate(os::File::open("/proc/self/status", os::Open_Mode::read)->handle()).value();
    page_ = proactor().adopt_file(std::make_unique<Page>(), std::move(file)).value();
    return read(64);
  }
  void handle_close(std::error_code) noexcept override { (void)home().close(page_, {}); }

  Handler_Ref page_;
};
STRATA_SERVICE(Asynch_Acceptor<Reader>, "reader")

}  // namespace
