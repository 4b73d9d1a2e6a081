// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <strata/configurator/Service_Object.h>
#include <strata/configurator/Service_Config.h>
#include <strata/logging/Logger.h>
#include <strata/timers/Timer.h>

#include "Acceptor_Settings.h"
#include "Dgram_Settings.h"
#include "Plugin_Kind.h"
#include "Plugin_Module.h"

namespace strata {
inline namespace v1 {

/// A service of a plugin. Until `prepare` the plugin's note speaks for it; then the plugin is loaded and its own object
/// does. What that throws ends this service alone. It has stopped only when nothing of its code can run any more and
/// the plugin is unloaded, unless another service is of it too.
class Plugin_Service final : public Service_Object {
 public:
  explicit Plugin_Service(const Plugin_Kind& kind);
  ~Plugin_Service() override;

  void configure(const Service_Config&, Config_Errors&) override;
  std::vector<Option_Table> options_in_effect() const override;
  Outcome<> prepare(const Service_Context&) override;
  Outcome<> start() override;
  void stop(Duration drain, Callback stopped) override;
  std::vector<std::string> endpoints() const override;

 private:
  /// What was asked of the other reactors; touched at home.
  struct Survey {
    explicit Survey(Plugin_Service* by) noexcept : asks(by) {}
    Plugin_Service* asks;  ///< null: nobody waits for it any more
    std::size_t open = 0;  ///< answers that are to come
    bool unused = true;
  };

  Acceptor_Settings::Kind acceptor_kind() const noexcept;
  Outcome<> make(const Service_Context&);
  void release();
  void await_unused();
  static void answer(Survey& survey, bool unused);
  void judge();
  void forget_survey() noexcept;
  void let_go();
  void end();

  const Plugin_Kind& kind_;
  Service_Config config_;
  std::variant<std::monostate, Acceptor_Settings, Dgram_Settings> settings_;  // as the kind's note has it
  Noted_Values values_;
  std::shared_ptr<Plugin_Module> module_;
  std::unique_ptr<Service_Object> object_;
  Reactor* home_ = nullptr;
  std::optional<Service_Context> context_;
  Duration patience_{};  // how long its code may still be in use
  Duration pause_{};
  Timer next_look_;
  Callback stopped_;
  bool stopping_ = false;
  std::shared_ptr<Survey> survey_;
  Logger log_;
};

}  // namespace v1
}  // namespace strata
