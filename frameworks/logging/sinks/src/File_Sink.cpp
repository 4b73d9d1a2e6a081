// SPDX-License-Identifier: Apache-2.0
#include <strata/log_sinks/File_Sink.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
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

/// Makes the file where it is missing; a link, a pipe or a device planted at the path is refused. POCO opens it by name
/// a moment later: who may change the folder meanwhile may change the file as well.
Result<> check_path(const std::string& path) {
  const Result<os::File> file = os::File::open(path, os::Open_Mode::append, 0640);
  return file ? Result<>{} : fail(file.error());
}

/// A crash or a full disk has left half a line at the end.
bool ends_torn(const std::string& path) {
  std::ifstream file{path, std::ios::binary | std::ios::ate};
  return file.tellg() > 0 && file.seekg(-1, std::ios::end) && file.get() != '\n';
}

/// Since 1970-01-01 UTC.
std::int64_t changed_ns(const std::string& path) {
  using File_Clock = std::filesystem::file_time_type::clock;
  std::error_code error;
  const auto changed = std::filesystem::last_write_time(path, error);
  const Duration age = error ? Duration{0} : std::chrono::duration_cast<Duration>(File_Clock::now() - changed);
  return os::wall_clock_ns() - age.count();
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
  void rotate_before_next(bool whatever_its_size);
  void close();

  std::string path_;
  Log_Format format_;
  Log_Rotation rotation_;
  Poco::AutoPtr<Poco::FileChannel> channel_;
  std::int64_t period_ = 0;  // of the last line, in intervals since 1970
  bool open_ = false;
  bool torn_ = false;
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
  period_ = period_of(changed_ns(path_));
  torn_ = ends_torn(path_);
  const Result<> opened = guarded([this] { channel_->open(); });
  open_ = opened.has_value();
  return opened;
}

/// A stream of POCO's that failed once fails for ever; the next line opens another.
void File_Sink::close() {
  (void)guarded([this] { channel_->close(); });
  open_ = false;
}

Result<> File_Sink::write(const Log_Record& record) {
  if (!open_) {
    if (Result<> opened = open(); !opened) return opened;
  }
  line_.assign(torn_ ? "\n" : "");
  format_line(format_, record, line_);
  message_.setText(line_);
  const std::int64_t period = period_of(record.time_ns);
  const bool cut = std::exchange(period_, std::max(period_, period)) < period;
  if (cut) rotate_before_next(true);
  const Result<> written = guarded([this] { channel_->log(message_); });
  if (cut) rotate_before_next(false);
  if (written) torn_ = false;
  else close();
  return written;
}

Result<> File_Sink::reopen() {
  close();
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
