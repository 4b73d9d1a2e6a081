// SPDX-License-Identifier: Apache-2.0
#include "Files_Session.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <strata/os/Socket.h>

namespace files {

using strata::Operation_Kind;
using strata::os::File_Type;

namespace {

constexpr std::uint64_t piece = std::uint64_t{1} << 20;  // for which a peer has the stall timeout
constexpr strata::Duration linger_time = std::chrono::seconds{2};  // as that of a Svc_Handler

}  // namespace

// --- What is asked ---

strata::Result<> Files_Session::handle_read(Completed got) {
  if (over_) return read();
  input_ += strata::as_text(got.block.readable());
  return next_request();
}

strata::Result<> Files_Session::next_request() {
  const std::size_t end = input_.find('\n');
  if (std::min(end, input_.size()) > longest_line) return end_answers(std::make_error_code(std::errc::message_size));
  if (end == std::string::npos) return ended_ ? end_answers() : read();
  std::string line = input_.substr(0, end);
  input_.erase(0, end + 1);
  if (line.ends_with('\r')) line.pop_back();
  const std::optional<Request> request = parse_request(line);
  return request ? begin(*request) : refuse("no such request");
}

strata::Result<> Files_Session::begin(const Request& request) {
  verb_ = request.verb;
  if (verb_ == Verb::quit) return end_answers();
  const std::string_view name = request.name.empty() ? std::string_view{"."} : request.name;
  return open_file(options_.root.handle(), std::string{name}, strata::os::Open_Mode::read);
}

// --- What came of it ---

strata::Result<> Files_Session::handle_done(Completed done) {
  switch (done.kind) {
    case Operation_Kind::open:
      file_ = std::move(done.handle);
      return verb_ == Verb::list ? list(file_.get(), most_names()) : status(file_.get());
    case Operation_Kind::status: return known(done.status);
    case Operation_Kind::list: return listed(done.block, done.more);
    case Operation_Kind::timer: return close(why_), Result<>{};
    default: return {};
  }
}

strata::Result<> Files_Session::known(const strata::os::File_Status& status) {
  if (verb_ == Verb::stat) return answer("ok " + status_text(status) + '\n');
  if (status.type != File_Type::regular) return refuse("not a regular file");
  sent_ = 0;
  size_ = status.size;
  return answer("ok " + std::to_string(size_) + '\n');
}

strata::Result<> Files_Session::listed(strata::Message_Block& names, bool more) {
  std::string all, lines;
  for (; !names.empty(); (void)names.consume(names.readable().size())) all += strata::as_text(names.readable());
  const std::size_t count = list_lines(all, most_names(), lines);
  return answer("ok " + std::to_string(count) + (more ? " more\n" : "\n") + lines);
}

/// An open that fails is the client's mistake; so is a list of what is no folder.
strata::Result<> Files_Session::handle_failure(Completed failed) {
  if (failed.error == strata::errc::canceled) return {};
  switch (failed.kind) {
    case Operation_Kind::open:
    case Operation_Kind::list: return refuse(failed.error.message());
    case Operation_Kind::read:
      if (over_) return close(why_), Result<>{};
      if (failed.error != strata::errc::end_of_stream) break;
      ended_ = true;
      return next_request();
    case Operation_Kind::send_file:  // the file has shrunk, and its size was told
      if (failed.error == strata::errc::end_of_stream) return end_answers(failed.error);
      break;
    default: break;
  }
  return strata::fail(failed.error);
}

// --- Answers ---

strata::Result<> Files_Session::answer(std::string text) {
  strata::Result<strata::Message_Block> block = strata::Message_Block::copy(strata::as_bytes(text));
  if (!block) return strata::fail(block.error());
  return write(std::move(*block), {.deadline = options_.stall_timeout});
}

strata::Result<> Files_Session::refuse(std::string_view why) {
  size_ = sent_ = 0;
  return answer("error " + std::string{why} + '\n');
}

strata::Result<> Files_Session::handle_write(Completed written) {
  if (written.kind == Operation_Kind::send_file) sent_ += written.size;
  return sent_ < size_ ? send_piece() : end_request();
}

strata::Result<> Files_Session::send_piece() {
  return send_file(file_.get(), sent_, std::min(size_ - sent_, piece), {.deadline = options_.stall_timeout});
}

strata::Result<> Files_Session::end_request() {
  size_ = sent_ = 0;
  if (file_) {
    if (const Result<> closing = close_file(std::move(file_)); !closing) return closing;
  }
  return next_request();
}

/// A close with bytes unread would have the system drop those that are on their way to the peer (RFC 2525, 2.17): FIN
/// goes first, and what comes is read away.
strata::Result<> Files_Session::end_answers(std::error_code why) {
  if (ended_) return close(why), Result<>{};
  over_ = true;
  why_ = why;
  if (const Result<> shut = strata::os::shutdown(handle(), strata::os::Shutdown::send); !shut) return shut;
  if (const Result<> limited = wait(linger_time); !limited) return limited;
  return read();
}

/// One whose answers are over closes soon by itself.
void Files_Session::handle_drain() {
  if (!over_) close_when_idle();
}

}  // namespace files
