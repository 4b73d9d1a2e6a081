// SPDX-License-Identifier: Apache-2.0
// A plugin whose service fails where it is told to, or leaves something of its code behind.
#include <stdexcept>

#include <strata/configurator/Options.h>
#include <strata/configurator/Service.h>
#include <strata/os/Waker.h>
#include <strata/reactor/Reactor.h>

namespace {

using namespace strata;
using namespace std::chrono_literals;

struct Bystander final : Event_Handler {  // a handler that nobody closes
  explicit Bystander(os::Waker waker) noexcept : waker_(std::move(waker)) {}
  os::Handle handle() const noexcept override { return waker_.handle(); }
  os::Waker waker_;
};

class Guest final : public Service_Object {
 public:
  struct Options {
    std::string throws = "never";
    std::string leaves = "nothing";
    static constexpr auto fields() {
      return std::array{field<&Options::throws>("throws", "the hook that throws"),
                        field<&Options::leaves>("leaves", "what is left behind: timer, handler, post, loop")};
    }
  };

  void configure(const Service_Config& config, Config_Errors& errors) override {
    read_options(config, options_, errors);
    may_throw("configure");
  }
  Outcome<> prepare(const Service_Context& context) override {
    home_ = &context.home;
    may_throw("prepare");
    return {};
  }
  Outcome<> start() override {
    may_throw("start");
    return {};
  }
  void stop(Duration, Callback stopped) override {
    may_throw("stop");
    if (options_.leaves == "timer") home_->schedule(20ms, [] {}).detach();
    if (options_.leaves == "post") static_cast<void>(home_->post([home = home_] { again(home, 3); }));
    if (options_.leaves == "loop") again(home_, 1'000'000);
    if (options_.leaves == "handler") {
      static_cast<void>(home_->adopt(std::make_unique<Bystander>(std::move(*os::Waker::open())), Event_Mask::input));
    }
    stopped();
  }

 private:
  static void again(Reactor* home, int times) {
    if (times > 0) static_cast<void>(home->post([home, times] { again(home, times - 1); }));
  }
  void may_throw(const char* hook) const {
    if (options_.throws == hook) throw std::runtime_error{hook};
  }

  Options options_;
  Reactor* home_ = nullptr;
};
STRATA_SERVICE(Guest, "guest")

}  // namespace
