// SPDX-License-Identifier: Apache-2.0
#include <strata/logging/Log_System.h>

#include <mutex>

#include <strata/logging/Stream_Sink.h>
#include <strata/os/Clock.h>

#include "Log_Pipeline.h"

namespace strata {
inline namespace v1 {

namespace {

/// "service.echo" → "service" → "". The root is its own parent.
std::string_view parent(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return name.substr(0, dot == std::string_view::npos ? 0 : dot);
}

}  // namespace

struct Log_System::Parts {
  explicit Parts(std::unique_ptr<Log_Sink> sink) : pipeline(std::move(sink)) {}

  Log_Level level_of(std::string_view name) const {
    for (;; name = parent(name)) {
      if (const auto found = levels.find(name); found != levels.end()) return found->second;
    }
  }
  void apply_levels() {
    for (auto& [name, category] : categories) category->threshold_.store(level_of(name), std::memory_order_relaxed);
  }

  std::mutex mutex;  // of the categories
  Log_Levels levels{{"", Log_Level::info}};  // the root is always there
  std::map<std::string, std::unique_ptr<Log_Category>, std::less<>> categories;
  Log_Pipeline pipeline;
};

Log_System::Log_System() : Log_System(std::make_unique<Stream_Sink>(Log_Format::classic)) {}

Log_System::Log_System(std::unique_ptr<Log_Sink> sink) : parts_(std::make_unique<Parts>(std::move(sink))) {}

Log_System::~Log_System() = default;

Log_System& Log_System::process() {
  static Log_System* const system = new Log_System;  // never destroyed: others' destructors may still log
  return *system;
}

Logger Log_System::logger(std::string_view name) {
  const std::lock_guard lock{parts_->mutex};
  auto found = parts_->categories.find(name);
  if (found == parts_->categories.end()) {
    found = parts_->categories.emplace(name, nullptr).first;
    found->second = std::make_unique<Log_Category>(*this, found->first, parts_->level_of(name));
  }
  return Logger{*found->second};
}

void Log_System::set_level(std::string_view name, Log_Level level) {
  const std::lock_guard lock{parts_->mutex};
  parts_->levels.insert_or_assign(std::string{name}, level);
  parts_->apply_levels();
}

void Log_System::set_levels(Log_Level root, const Log_Levels& others) {
  const std::lock_guard lock{parts_->mutex};
  parts_->levels = others;
  parts_->levels.insert_or_assign("", root);
  parts_->apply_levels();
}

Outcome<> Log_System::set_sink(std::unique_ptr<Log_Sink> sink) { return parts_->pipeline.set_sink(std::move(sink)); }
Outcome<> Log_System::start(std::size_t queue_bytes) { return parts_->pipeline.start(queue_bytes); }
bool Log_System::flush(Duration deadline) { return parts_->pipeline.flush(deadline); }
bool Log_System::stop(Duration deadline) { return parts_->pipeline.stop(deadline); }
void Log_System::reopen() { parts_->pipeline.reopen(); }
Log_Statistics Log_System::statistics() const { return parts_->pipeline.statistics(); }

void Log_System::submit(const Log_Category& category, Log_Level level, const Log_Context* context,
                        std::string_view message, std::span<const Log_Value> pairs) noexcept {
  const Log_Context nobody;
  parts_->pipeline.submit({os::wall_clock_ns(), level, category.name(), context ? *context : nobody, message, pairs});
}

void Logger::emit(Log_Level level, Log_Message message, std::initializer_list<Log_Value> pairs) const noexcept {
  category_->system().submit(*category_, level, context_, message.text(), pairs);
}

}  // namespace v1
}  // namespace strata
