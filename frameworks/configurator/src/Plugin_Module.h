// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <strata/configurator/Service_Kind.h>
#include <strata/os/Outcome.h>
#include <strata/os/Shared_Library.h>

namespace strata {
inline namespace v1 {

class Reactor;

/// A plugin in memory, shared by the services that it makes.
class Plugin_Module {
 public:
  static Outcome<Plugin_Module> load(Const_Bytes image, const std::string& name);
  Plugin_Module(Plugin_Module&&) noexcept = default;
  Plugin_Module& operator=(Plugin_Module&&) noexcept = default;

  const std::string& name() const noexcept { return name_; }
  /// Null where it has none of that name.
  const Service_Kind* find(std::string_view kind) const noexcept;
  /// What of the reactor would run its code: "2 timers, 1 handler"; empty when nothing would.
  std::string uses_of(const Reactor&) const;
  /// Unmaps it. False: the system keeps it, which costs memory alone.
  bool unload() noexcept { return library_.unload(); }
  /// Leaves it loaded as long as the process lives: something may still run its code.
  static void keep(std::shared_ptr<Plugin_Module>);

 private:
  Plugin_Module(os::Shared_Library library, std::string name, const Kind_Section& kinds) noexcept;

  os::Shared_Library library_;
  std::string name_;
  Service_Kinds kinds_;
};

}  // namespace v1
}  // namespace strata
