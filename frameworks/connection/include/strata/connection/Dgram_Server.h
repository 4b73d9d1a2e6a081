// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <memory>
#include <span>
#include <vector>

#include <strata/connection/Dgram_Handler.h>
#include <strata/connection/Dgram_Limits.h>
#include <strata/connection/Handler_Factory.h>
#include <strata/os/Export.h>
#include <strata/os/Outcome.h>
#include <strata/os/Socket_Address.h>
#include <strata/wrappers/SOCK_Dgram.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Binds UDP sockets, and gives each a handler: what Dgram_Server<H> is without its H. Must be destroyed before its
/// service, at home. @threads home
class Dgram_Server_Base {
 public:
  explicit Dgram_Server_Base(Service& service) noexcept : service_(service) {}
  Dgram_Server_Base(const Dgram_Server_Base&) = delete;
  Dgram_Server_Base& operator=(const Dgram_Server_Base&) = delete;
  virtual ~Dgram_Server_Base() { close(); }

  /// Binds all addresses, or none: "bind 0.0.0.0:53: Permission denied".
  Outcome<> open(std::span<const os::Socket_Address> addresses, const Dgram_Limits& limits = {});
  /// Serves a socket that is bound already, one more; an error closes all.
  Outcome<> adopt(SOCK_Dgram socket, const Dgram_Limits& limits = {});
  std::vector<os::Socket_Address> addresses() const;  ///< a port 0 is the system's choice by now
  void close() noexcept;                              ///< all sockets, at once. Idempotent
  Service& service() noexcept { return service_; }

 protected:
  virtual std::unique_ptr<Dgram_Handler> make_handler() = 0;
  virtual bool reflects() const noexcept = 0;

 private:
  Service& service_;
  std::vector<Handler_Ref> sockets_;
};

/// Serves datagrams with a handler for each socket, made as Handler_Factory.h says.
template <std::derived_from<Dgram_Handler> H>
class Dgram_Server final : public Dgram_Server_Base {
 public:
  using Handler = H;
  using Dgram_Server_Base::Dgram_Server_Base;

 private:
  std::unique_ptr<Dgram_Handler> make_handler() override { return make_handler_of<H>(service()); }
  bool reflects() const noexcept override { return H::reflects; }
};

}  // namespace v1
}  // namespace strata
