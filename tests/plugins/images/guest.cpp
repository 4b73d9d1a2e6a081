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

enum class Hook : std::uint8_t { never, configure, prepare, start, stop };
constexpr std::array<std::string_view, 5> hooks{"never", "configure", "prepare", "start", "stop"};
enum class Left : std::uint8_t { nothing, timer, post, loop, handler };
constexpr std::array<std::string_view, 5> lefts{"nothing", "timer", "post", "loop", "handler"};

struct Bystander final : Event_Handler {  // a handler that nobody closes
  explicit Bystander(os::Waker waker) noexcept : waker_(std::move(waker)) {}
  os::Handle handle() const noexcept override { return waker_.handle(); }
  os::Waker waker_;
};

class Guest final : public Service_Object {
 public:
  struct Options {
    Hook throws = Hook::never;
    Left leaves = Left::nothing;
    static constexpr auto fields() {
      return std::array{field<&Options::throws, Choice_Type<hooks>>("throws", "the hook that throws"),
                        field<&Options::leaves, Choice_Type<lefts>>("leaves", "what is left behind")};
    }
  };

  void configure(const Service_Config& config, Config_Errors& errors) override {
    read_options(config, options_, errors);
    may_throw(Hook::configure);
  }
  Outcome<> prepare(const Service_Context& context) override {
    home_ = &context.home;
    may_throw(Hook::prepare);
    return {};
  }
  Outcome<> start() override {
    may_throw(Hook::start);
    return {};
  }
  void stop(Duration, Callback stopped) override {
    may_throw(Hook::stop);
    if (options_.leaves == Left::timer) home_->schedule(20ms, [] {}).detach();
    if (options_.leaves == Left::post) static_cast<void>(home_->post([home = home_] { again(home, 3); }));
    if (options_.leaves == Left::loop) again(home_, 1'000'000);
    if (options_.leaves == Left::handler) {
      static_cast<void>(home_->adopt(std::make_unique<Bystander>(std::move(*os::Waker::open())), Event_Mask::input));
    }
    stopped();
  }

 private:
  static void again(Reactor* home, int times) {
    if (times > 0) static_cast<void>(home->post([home, times] { again(home, times - 1); }));
  }
  void may_throw(Hook hook) const {
    if (options_.throws == hook) throw std::runtime_error{std::string{hooks[static_cast<std::size_t>(hook)]}};
  }

  Options options_;
  Reactor* home_ = nullptr;
};
STRATA_SERVICE(Guest, "guest")

}  // namespace
