// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/Endpoint.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include <strata/wrappers/INET_Addr.h>
#include <strata/wrappers/UNIX_Addr.h>

#include "IP_Literal.h"

namespace strata {
inline namespace v1 {
namespace {

using Scheme = Endpoint::Scheme;

struct Scheme_Name {
  Scheme scheme;
  std::string_view text;
};
constexpr std::array<Scheme_Name, 5> schemes{{{Scheme::tcp, "tcp"},
                                              {Scheme::udp, "udp"},
                                              {Scheme::local, "unix"},
                                              {Scheme::descriptor, "fd"},
                                              {Scheme::systemd, "systemd"}}};

std::unexpected<Parse_Error> error_at(std::size_t offset, std::string what) {
  return std::unexpected{Parse_Error{offset, std::move(what)}};
}

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_name_char(char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; }

/// A name whose last label is a number is an address to inet_aton(3), hence to getaddrinfo(3): "127.1", "0x7f.1".
bool looks_like_ipv4(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  const std::string_view last = host.substr(host.rfind('.') + 1);
  const bool hex = last.starts_with("0x") || last.starts_with("0X");
  return hex ? std::all_of(last.begin() + 2, last.end(), is_hex_digit)
             : !last.empty() && std::all_of(last.begin(), last.end(), is_digit);
}

/// Letters, digits, '-' and, as container networks use it, '_'. Source: RFC 1123 section 2.1.
std::optional<Parse_Error> check_host_name(std::string_view host, std::size_t at) {
  if (host.size() > 253) return Parse_Error{at + 253, "a host name has at most 253 bytes"};
  std::size_t label = 0;
  for (std::size_t i = 0; i < host.size(); ++i) {
    const bool last = i + 1 == host.size();
    if (host[i] == '.') {
      if (i == label) return Parse_Error{at + i, "a host name has no empty label"};
      label = i + 1;
      continue;
    }
    if (!is_name_char(host[i])) return Parse_Error{at + i, "this byte is not allowed in a host name"};
    if (i - label == 63) return Parse_Error{at + i, "a label of a host name has at most 63 bytes"};
    if (host[i] == '-' && (i == label || last || host[i + 1] == '.')) {
      return Parse_Error{at + i, "a label of a host name neither starts nor ends with '-'"};
    }
  }
  return std::nullopt;
}

/// A host as it stands in the text, canonical but without the brackets.
std::expected<std::string, Parse_Error> parse_host(std::string_view host, std::size_t at) {
  if (host.empty()) return error_at(at, "the host is missing (* stands for all addresses)");
  if (host == "*") return std::string(host);
  if (host.front() == '[') {
    const auto literal = INET_Addr::parse(host.substr(1, host.size() - 2), 0);
    if (!literal || !literal->is_ipv6()) {
      return error_at(at + 1, "this is not an IPv6 address (a scope must be the interface's number: [fe80::1%2])");
    }
    return literal->host_text();
  }
  if (looks_like_ipv4(host)) {
    const auto literal = INET_Addr::parse(host, 0);
    if (!literal) return error_at(at, "this is not an IPv4 address: four decimal numbers from 0 to 255");
    return literal->host_text();
  }
  if (auto error = check_host_name(host, at)) return std::unexpected{std::move(*error)};
  return std::string(host);
}

struct Host_Port {
  std::string host;
  std::uint32_t port;
};

std::expected<Host_Port, Parse_Error> parse_host_port(std::string_view text, std::size_t at) {
  if (const std::size_t user = text.find('@'); user != std::string_view::npos) {
    return error_at(at + user, "an endpoint has no user name");
  }
  std::size_t end = text.find(':');
  if (text.starts_with('[')) {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return error_at(at + text.size(), "']' is missing");
    end = bracket + 1;
  } else if (end != text.rfind(':')) {
    return error_at(at, "an IPv6 address stands in brackets: [::1]:80");
  }
  auto host = parse_host(text.substr(0, end), at);
  if (!host) return std::unexpected{std::move(host.error())};
  if (end >= text.size()) return error_at(at + text.size(), "the port is missing (0 lets the system choose)");
  if (text[end] != ':') return error_at(at + end, "only :port may follow the address");
  const auto port = parse_number(text.substr(end + 1), 65535);
  if (!port) return error_at(at + end + 1, "the port must be a number from 0 to 65535, and nothing may follow it");
  return Host_Port{std::move(*host), *port};
}

std::optional<Parse_Error> check_path(std::string_view path, std::size_t at) {
  if (path.empty()) return Parse_Error{at, "the path is missing: unix:///path or unix://@name"};
  if (path.front() != '/' && path.front() != '@') return Parse_Error{at, "the path must be absolute: unix:///name"};
  if (path == "@") return Parse_Error{at + 1, "the name is missing"};
  if (path.size() > 107) return Parse_Error{at + 107, "the path of a socket has at most 107 bytes"};
  if (const std::size_t nul = path.find('\0'); nul != std::string_view::npos) {
    return Parse_Error{at + nul, "a path holds no NUL byte"};
  }
  return std::nullopt;
}

/// Source: sd_listen_fds(3) and systemd.socket(5), FileDescriptorName=.
std::optional<Parse_Error> check_systemd_name(std::string_view name, std::size_t at) {
  if (name.empty()) return Parse_Error{at, "the name is missing (FileDescriptorName= of the socket unit)"};
  if (name.size() > 255) return Parse_Error{at + 255, "the name has at most 255 bytes"};
  const auto bad = std::find_if(name.begin(), name.end(), [](char c) { return c < ' ' || c > '~' || c == ':'; });
  if (bad == name.end()) return std::nullopt;
  return Parse_Error{at + static_cast<std::size_t>(bad - name.begin()), "the name is printable ASCII without ':'"};
}

std::string scheme_list() {
  std::string list;
  for (const Scheme_Name& name : schemes) list += (list.empty() ? "" : ", ") + std::string(name.text) + "://";
  return list;
}

}  // namespace

std::expected<Endpoint, Parse_Error> Endpoint::parse(std::string_view text) {
  const auto named = std::find_if(schemes.begin(), schemes.end(), [text](const Scheme_Name& name) {
    return text.starts_with(name.text) && text.substr(name.text.size()).starts_with("://");
  });
  if (named == schemes.end()) return error_at(0, "an endpoint starts with one of " + scheme_list());
  const std::size_t at = named->text.size() + 3;
  const std::string_view rest = text.substr(at);

  if (named->scheme == Scheme::tcp || named->scheme == Scheme::udp) {
    auto inet = parse_host_port(rest, at);
    if (!inet) return std::unexpected{std::move(inet.error())};
    return Endpoint(named->scheme, std::move(inet->host), inet->port);
  }
  if (named->scheme == Scheme::descriptor) {
    const auto number = parse_number(rest, std::numeric_limits<std::int32_t>::max());
    if (!number) return error_at(at, "the descriptor must be a number, as in fd://3");
    return Endpoint(named->scheme, {}, *number);
  }
  auto error = named->scheme == Scheme::local ? check_path(rest, at) : check_systemd_name(rest, at);
  if (error) return std::unexpected{std::move(*error)};
  return Endpoint(named->scheme, std::string(rest), 0);
}

os::Handle Endpoint::descriptor() const noexcept {
  return scheme_ == Scheme::descriptor ? os::Handle{static_cast<std::int32_t>(number_)} : os::Handle{};
}

std::string Endpoint::to_text() const {
  std::string text;
  for (const Scheme_Name& name : schemes) {
    if (name.scheme == scheme_) text = std::string(name.text) + "://";
  }
  if (scheme_ == Scheme::descriptor) return text + std::to_string(number_);
  if (!is_inet()) return text + name_;
  return text + (name_.contains(':') ? '[' + name_ + ']' : name_) + ':' + std::to_string(number_);
}

}  // namespace v1
}  // namespace strata
