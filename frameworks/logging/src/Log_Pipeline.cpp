// SPDX-License-Identifier: Apache-2.0
#include "Log_Pipeline.h"

#include <algorithm>
#include <array>
#include <utility>

namespace strata {
inline namespace v1 {

namespace {

constexpr Duration longest_wait = std::chrono::hours{24};  // longer ones could overflow the condition's clock

Outcome<> busy() { return fail(std::make_error_code(std::errc::device_or_resource_busy), "the log thread"); }

}  // namespace

Log_Pipeline::~Log_Pipeline() {
  Lock lock{mutex_};
  request_stop(lock);
  lock.unlock();
  thread_.join();
}

void Log_Pipeline::submit(const Log_Record& record) noexcept {
  Lock lock{mutex_};
  ++statistics_.in;
  if (mode_ == Mode::direct) return write_directly(record);
  try {
    if (mode_ == Mode::queued && filling_->push(record)) {
      ++queued_;
      lock.unlock();
      work_.notify_one();
      return;
    }
  } catch (...) {  // memory for a rendered value, or whatever the value's own to_text throws
  }
  ++statistics_.dropped;
  ++untold_;
}

Outcome<> Log_Pipeline::set_sink(std::unique_ptr<Log_Sink> sink) {
  const std::lock_guard control{control_};
  const Lock lock{mutex_};
  if (mode_ != Mode::direct) return busy();
  sink_ = std::move(sink);
  return {};
}

Outcome<> Log_Pipeline::start(std::size_t queue_bytes) {
  const std::lock_guard control{control_};
  const Lock lock{mutex_};
  if (mode_ != Mode::direct) return busy();
  filling_.emplace(queue_bytes);
  draining_.emplace(queue_bytes);
  stopping_ = false;
  auto thread = os::spawn("log", [this] { run(); });
  if (!thread) return fail(thread.error(), "the log thread");
  thread_ = std::move(*thread);
  mode_ = Mode::queued;
  return {};
}

bool Log_Pipeline::flush(Duration deadline) {
  Lock lock{mutex_};
  const std::uint64_t goal = queued_;
  return done_.wait_for(lock, std::min(deadline, longest_wait), [this, goal] { return drained_ >= goal; });
}

bool Log_Pipeline::stop(Duration deadline) {
  const std::lock_guard control{control_};
  Lock lock{mutex_};
  request_stop(lock);
  const bool ended =
      done_.wait_for(lock, std::min(deadline, longest_wait), [this] { return mode_ == Mode::direct; });
  if (!ended) mode_ = Mode::abandoned;
  lock.unlock();
  if (ended) thread_.join();
  return ended;
}

void Log_Pipeline::request_stop(Lock&) {
  stopping_ = true;
  work_.notify_one();
}

void Log_Pipeline::reopen() {
  const std::lock_guard control{control_};
  const Lock lock{mutex_};
  if (mode_ == Mode::direct) return reopen_sink();
  reopen_ = true;
  work_.notify_one();
}

Log_Statistics Log_Pipeline::statistics() const {
  const Lock lock{mutex_};
  return statistics_;
}

void Log_Pipeline::run() {
  Lock lock{mutex_};
  for (;;) {
    work_.wait(lock, [this] { return !filling_->empty() || reopen_ || stopping_; });
    if (filling_->empty() && !reopen_) break;
    drain(lock);
  }
  mode_ = Mode::direct;
  done_.notify_all();
}

void Log_Pipeline::drain(Lock& lock) {
  std::swap(filling_, draining_);
  const bool anew = std::exchange(reopen_, false);
  const std::uint64_t untold = std::exchange(untold_, 0);
  lock.unlock();
  if (anew) reopen_sink();
  Log_Record record;
  std::uint64_t written = 0, failed = 0;
  while (draining_->pop(record)) ++(write(record) ? written : failed);
  const std::uint64_t lost = untold + failed;
  const bool told = lost == 0 || write_own(Log_Level::warning, "lines dropped", "count", lost);
  lock.lock();
  statistics_.out += written;
  statistics_.dropped += failed;
  drained_ += written + failed;
  if (!told) untold_ += lost;
  done_.notify_all();
}

bool Log_Pipeline::write(const Log_Record& record) noexcept {
  try {
    return sink_->write(record).has_value();
  } catch (...) {
    return false;
  }
}

void Log_Pipeline::write_directly(const Log_Record& record) noexcept {
  if (!write(record)) {
    ++statistics_.dropped;
    ++untold_;
    return;
  }
  ++statistics_.out;
  if (untold_ > 0 && write_own(Log_Level::warning, "lines dropped", "count", untold_)) untold_ = 0;
}

bool Log_Pipeline::write_own(Log_Level level, std::string_view message, std::string_view name,
                             const Log_Value& value) noexcept {
  const std::array<Log_Value, 2> pairs{Log_Value{name}, value};
  return write({os::wall_clock_ns(), level, "logging", {}, message, pairs});
}

void Log_Pipeline::reopen_sink() noexcept {
  Result<> opened;
  try {
    opened = sink_->reopen();
  } catch (...) {
    opened = fail(std::errc::not_enough_memory);
  }
  if (!opened) write_own(Log_Level::error, "the log file cannot be opened anew", "error", opened.error());
}

}  // namespace v1
}  // namespace strata
