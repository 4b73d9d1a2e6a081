// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <strata/logging/Log_Format.h>
#include <strata/logging/Log_Sink.h>

/// What a Memory_Sink wrote, seen from the test; it can also make the sink wait or fail. @threads any
class Sink_Control {
 public:
  std::vector<std::string> lines() const {
    const std::lock_guard lock{mutex_};
    return lines_;
  }
  std::size_t reopened() const {
    const std::lock_guard lock{mutex_};
    return reopened_;
  }
  void fail_with(std::error_code error) {
    const std::lock_guard lock{mutex_};
    error_ = error;
  }
  void block() {
    const std::lock_guard lock{mutex_};
    blocked_ = true;
  }
  void release() {
    const std::lock_guard lock{mutex_};
    blocked_ = false;
    changed_.notify_all();
  }
  void wait_until_a_write_blocks() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return waiting_; });
  }

  strata::Result<> write(std::string line) {
    std::unique_lock lock{mutex_};
    waiting_ = blocked_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !blocked_; });
    waiting_ = false;
    if (error_) return strata::fail(error_);
    lines_.push_back(std::move(line));
    return {};
  }
  strata::Result<> reopen() {
    const std::lock_guard lock{mutex_};
    ++reopened_;
    return error_ ? strata::fail(error_) : strata::Result<>{};
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
  std::error_code error_;
  std::size_t reopened_ = 0;
  bool blocked_ = false;
  bool waiting_ = false;
};

/// Keeps lines in memory, in classic format without the time.
class Memory_Sink final : public strata::Log_Sink {
 public:
  explicit Memory_Sink(std::shared_ptr<Sink_Control> control) : control_(std::move(control)) {}
  strata::Result<> write(const strata::Log_Record& record) override {
    std::string line;
    format_line(strata::Log_Format::classic, record, line);
    return control_->write(line.substr(sizeof "2026-11-22 10:10:30.123"));
  }
  strata::Result<> reopen() override { return control_->reopen(); }

 private:
  std::shared_ptr<Sink_Control> control_;
};
