// SPDX-License-Identifier: Apache-2.0
#include "Plugin_Module.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <strata/reactor/Reactor.h>

namespace strata {
inline namespace v1 {
namespace {

void count(std::string& text, std::size_t number, const char* what) {
  if (number == 0) return;
  text += (text.empty() ? "" : ", ") + std::to_string(number) + ' ' + what + (number == 1 ? "" : "s");
}

}  // namespace

Plugin_Module::Plugin_Module(os::Shared_Library library, std::string name, const Kind_Section& kinds) noexcept
    : library_(std::move(library)), name_(std::move(name)), kinds_(kinds.begin, kinds.end) {}

Outcome<Plugin_Module> Plugin_Module::load(Const_Bytes image, const std::string& name) {
  Outcome<os::Shared_Library> library = os::Shared_Library::load(image, name);
  if (!library) return std::unexpected{std::move(library.error())};
  const auto* const kinds = static_cast<const Kind_Section*>(library->find("strata_plugin"));
  if (kinds == nullptr) {
    return std::unexpected{Error{std::make_error_code(std::errc::executable_format_error),
                                 "it has no STRATA_SERVICE, or does not export strata_plugin"}};
  }
  return Plugin_Module{std::move(*library), name, *kinds};
}

const Service_Kind* Plugin_Module::find(std::string_view kind) const noexcept {
  const auto found = std::ranges::find(kinds_, kind, &Service_Kind::name);
  return found == kinds_.end() ? nullptr : *found;
}

void Plugin_Module::keep(std::shared_ptr<Plugin_Module> module) {
  static auto* const kept = new std::vector<std::shared_ptr<Plugin_Module>>;  // outlives what static destructors run
  kept->push_back(std::move(module));
}

std::string Plugin_Module::uses_of(const Reactor& reactor) const {
  const Reactor::Uses uses = reactor.uses_of(library_);
  std::string text;
  count(text, uses.handlers, "handler");
  count(text, uses.timers, "timer");
  count(text, uses.posts, "post");
  return text;
}

}  // namespace v1
}  // namespace strata
