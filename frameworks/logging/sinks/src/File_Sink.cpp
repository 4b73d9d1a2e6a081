// SPDX-License-Identifier: Apache-2.0
#include <strata/log_sinks/File_Sink.h>

#include <cstdint>
#include <filesystem>
#include <utility>

#include <Poco/AutoPtr.h>
#include <Poco/Exception.h>
#include <Poco/FileChannel.h>
#include <Poco/Message.h>

#include <strata/os/Clock.h>
#include <strata/os/File.h>

namespace strata {
inline namespace v1 {

namespace {

/// A link or a pipe planted at the path is refused, and the file is made where it is missing. POCO opens it by name a
/// moment later: who may write to the folder between the two could have replaced it anyway.
Result<> check_path(const std::string& path) {
  std::error_code ignored;
  const std::filesystem::file_status status = std::filesystem::symlink_status(path, ignored);
  if (std::filesystem::is_symlink(status)) return fail(std::errc::too_many_symbolic_link_levels);
  if (std::filesystem::is_fifo(status)) return fail(std::errc::operation_not_permitted);
  const Result<os::File> file = os::File::open(path, os::Open_Mode::append, 0640);
  return file ? Result<>{} : fail(file.error());
}

/// Runs `call`, whose exceptions are POCO's, and ends them here.
template <class Call>
Result<> guarded(Call call) {
  try {
    call();
    return {};
  } catch (const Poco::Exception&) {  // carries no errno that could be told
    return fail(std::errc::io_error);
  }
}

class File_Sink final : public Log_Sink {
 public:
  File_Sink(const std::string& path, Log_Format format, const Log_Rotation& rotation);
  Result<> open();
  Result<> write(const Log_Record&) override;
  Result<> reopen() override;

 private:
  std::int64_t period_of(std::int64_t time_ns) const noexcept;
  Result<> log();
  void rotate_before_next(bool whatever_its_size);

  std::string path_;
  Log_Format format_;
  Log_Rotation rotation_;
  Poco::AutoPtr<Poco::FileChannel> channel_;
  std::int64_t period_ = 0;  // of the last line, in intervals since 1970
  std::string line_;
  Poco::Message message_;
};

File_Sink::File_Sink(const std::string& path, Log_Format format, const Log_Rotation& rotation)
    : path_(path), format_(format), rotation_(rotation), channel_(new Poco::FileChannel(path)) {
  channel_->setProperty("archive", "number");
  channel_->setProperty("purgeCount", std::to_string(rotation.archives));
  rotate_before_next(false);
}

/// POCO's rotation by time starts a file with a comment of its own, which no reader of JSON lines expects, and rotates
/// by either size or time. So it is given sizes only; a size of one byte is how a new period cuts the file.
void File_Sink::rotate_before_next(bool whatever_its_size) {
  const std::uint64_t size = whatever_its_size ? 1 : rotation_.size;
  channel_->setProperty("rotation", size == 0 ? "never" : std::to_string(size));
}

std::int64_t File_Sink::period_of(std::int64_t time_ns) const noexcept {
  const std::int64_t interval = rotation_.interval.count();
  return interval == 0 ? 0 : time_ns / interval;
}

Result<> File_Sink::open() {
  if (Result<> checked = check_path(path_); !checked) return checked;
  period_ = period_of(os::wall_clock_ns());
  std::error_code ignored;
  const auto changed = std::filesystem::last_write_time(path_, ignored);
  if (!ignored) {
    const auto age = std::filesystem::file_time_type::clock::now() - changed;
    period_ = period_of(os::wall_clock_ns() - std::chrono::duration_cast<Duration>(age).count());
  }
  return guarded([this] { channel_->open(); });
}

Result<> File_Sink::write(const Log_Record& record) {
  line_.clear();
  format_line(format_, record, line_);
  message_.setText(line_);
  const std::int64_t period = period_of(record.time_ns);
  const bool cut = std::exchange(period_, period) < period;
  if (cut) rotate_before_next(true);
  const Result<> written = log();
  if (cut) rotate_before_next(false);
  return written;
}

/// A stream of POCO's that failed once fails for ever: it is closed, and the next line opens another.
Result<> File_Sink::log() {
  Result<> written = guarded([this] { channel_->log(message_); });
  if (!written) (void)guarded([this] { channel_->close(); });
  return written;
}

Result<> File_Sink::reopen() {
  (void)guarded([this] { channel_->close(); });
  return open();
}

}  // namespace

Outcome<std::unique_ptr<Log_Sink>> open_file_sink(const std::string& path, Log_Format format,
                                                  const Log_Rotation& rotation) {
  auto sink = std::make_unique<File_Sink>(path, format, rotation);
  if (const Result<> opened = sink->open(); !opened) return fail(opened.error(), "log file " + path);
  return sink;
}

}  // namespace v1
}  // namespace strata
