// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <strata/os/Export.h>
#include <strata/os/Handle.h>
#include <strata/os/Outcome.h>
#include <strata/os/Socket_Address.h>
#include <strata/wrappers/Parse_Error.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Where to listen or to connect, as a person writes it. A value; it names, and opens nothing. @threads any
///
///   tcp://host:port   udp://host:port   host: a name, 127.0.0.1, [::1], [fe80::1%2], or * (all of IPv6 and IPv4)
///   unix:///path      unix://@name      a path, or a name in Linux's abstract space
///   fd://3            systemd://name    a socket that this process has inherited (sd_listen_fds(3))
class Endpoint {
 public:
  enum class Scheme : std::uint8_t { tcp, udp, local, descriptor, systemd };

  /// Strict: nothing is trimmed, guessed or ignored. The error points at the part that is wrong, where it can at the
  /// very byte.
  static std::expected<Endpoint, Parse_Error> parse(std::string_view text);

  Scheme scheme() const noexcept { return scheme_; }
  bool is_inet() const noexcept { return scheme_ == Scheme::tcp || scheme_ == Scheme::udp; }
  /// Sockets that this process was started with: fd://, systemd://.
  bool is_inherited() const noexcept { return scheme_ == Scheme::descriptor || scheme_ == Scheme::systemd; }
  bool is_any() const noexcept { return is_inet() && name_ == "*"; }

  /// tcp, udp: the host without brackets, literals canonical. unix: the path or @name. systemd: the name. Else empty.
  const std::string& name() const noexcept { return name_; }
  std::uint16_t port() const noexcept { return is_inet() ? static_cast<std::uint16_t>(number_) : std::uint16_t{0}; }
  os::Handle descriptor() const noexcept;  ///< of fd://; else invalid

  std::string to_text() const;  ///< canonical; parses to an equal endpoint

  friend bool operator==(const Endpoint&, const Endpoint&) noexcept = default;

 private:
  Endpoint(Scheme scheme, std::string name, std::uint32_t number) noexcept
      : scheme_(scheme), name_(std::move(name)), number_(number) {}

  Scheme scheme_;
  std::string name_;
  std::uint32_t number_;  // the port or the descriptor
};

/// The addresses that `endpoint` stands for: to listen on all of them (`passive`; * gives [::] and 0.0.0.0) or to
/// connect to the first that answers. Blocks while a name is looked up: only in `prepare`. Errors: the resolver's;
/// invalid_argument for what has no address (fd://, systemd://) and for * or port 0 as a destination.
Outcome<std::vector<os::Socket_Address>> resolve(const Endpoint& endpoint, bool passive);

}  // namespace v1
}  // namespace strata
