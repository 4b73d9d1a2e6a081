// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/Inherited_Socket.h>

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <strata/os/Process.h>

namespace strata {
inline namespace v1 {
namespace {

constexpr std::int32_t first_descriptor = 3;  // SD_LISTEN_FDS_START

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : std::string_view{value};
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// How many the manager has passed to this very process, and not to the one that started it.
std::int32_t passed() {
  if (number(variable("LISTEN_PID")) != os::process_id()) return 0;
  const std::int64_t count = number(variable("LISTEN_FDS")).value_or(0);
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max() - first_descriptor;
  return count > 0 && count <= most ? static_cast<std::int32_t>(count) : 0;
}

struct Named {
  std::vector<os::Handle> handles;
  std::string others;  // what the manager's sockets are called
};

Named with_name(std::string_view wanted) {
  Named found;
  std::string_view names = variable("LISTEN_FDNAMES");
  for (std::int32_t i = 0, count = passed(); i < count; ++i) {
    const std::size_t end = names.find(':');
    const std::string_view name = names.empty() ? "unknown" : names.substr(0, end);  // as sd_listen_fds(3) has it
    if (name == wanted) found.handles.push_back(os::Handle{first_descriptor + i});
    if (found.others.size() < 200) found.others += (i == 0 ? "" : ", ") + std::string{name};
    names = end == names.npos ? std::string_view{} : names.substr(end + 1);
  }
  return found;
}

Outcome<> check(os::Handle handle, os::Socket_Kind kind, const std::string& subject) {
  const Result<int> datagrams = os::get_option(handle, os::Socket_Option::datagrams);
  if (!datagrams) return fail(datagrams.error(), subject);
  const bool stream = kind == os::Socket_Kind::stream;
  const auto wrong = std::make_error_code(std::errc::wrong_protocol_type);
  if (stream == (*datagrams != 0)) {
    return std::unexpected{Error{wrong, subject + (stream ? ": is a datagram socket" : ": is no datagram socket")}};
  }
  if (stream && os::get_option(handle, os::Socket_Option::accepting).value_or(0) == 0) {
    return std::unexpected{Error{wrong, subject + ": does not listen"}};
  }
  return {};
}

Outcome<os::Unique_Handle> take(os::Handle handle, os::Socket_Kind kind, const std::string& subject) {
  if (Outcome<> checked = check(handle, kind, subject); !checked) return std::unexpected{std::move(checked.error())};
  Result<os::Unique_Handle> adopted = os::adopt(handle);
  if (adopted) return std::move(*adopted);
  if (adopted.error() != std::errc::file_exists) return fail(adopted.error(), subject);
  return std::unexpected{Error{adopted.error(), subject + ": was not inherited, or is used already"}};
}

}  // namespace

Outcome<std::vector<os::Unique_Handle>> inherited_sockets(const Endpoint& endpoint, os::Socket_Kind kind) {
  const std::string subject = endpoint.to_text();
  Named found;
  if (endpoint.scheme() == Endpoint::Scheme::descriptor) {
    found.handles = {endpoint.descriptor()};
  } else if (endpoint.scheme() == Endpoint::Scheme::systemd) {
    found = with_name(endpoint.name());
  } else {
    return fail(std::make_error_code(std::errc::invalid_argument), subject);
  }
  if (found.handles.empty()) {
    const std::string others = found.others.empty() ? "none" : found.others;
    return std::unexpected{Error{std::make_error_code(std::errc::no_such_file_or_directory),
                                 subject + ": the service manager has passed no such socket, but " + others}};
  }
  std::vector<os::Unique_Handle> sockets;
  for (const os::Handle handle : found.handles) {
    Outcome<os::Unique_Handle> taken = take(handle, kind, subject);
    if (!taken) return std::unexpected{std::move(taken.error())};
    sockets.push_back(std::move(*taken));
  }
  return sockets;
}

}  // namespace v1
}  // namespace strata
