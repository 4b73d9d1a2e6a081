// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include <strata/connection/Dgram_Limits.h>
#include <strata/connection/Service.h>
#include <strata/os/Bytes.h>
#include <strata/os/Export.h>
#include <strata/os/Socket_Address.h>
#include <strata/reactor/Event_Handler.h>
#include <strata/reactor/Handler_Ref.h>
#include <strata/reactor/Reactor.h>
#include <strata/wrappers/INET_Addr.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

class SOCK_Dgram;

/// One UDP socket's service, the twin of Svc_Handler: subclass it, and put replies. Made by a Dgram_Server, owned by
/// the reactor. @threads home, all of it; from elsewhere `Reactor::post(ref(), …)`
///
/// Datagrams are received in batches, and what is put meanwhile leaves together when the batch is over. A datagram that
/// fails ends that datagram alone: an error or an exception of `handle_datagram`, a peer that is gone (ICMP), one that
/// is longer than the room. They are counted, the socket lives.
class Dgram_Handler : public Event_Handler {
 public:
  template <class T = void>
  using Result = strata::Result<T>;
  using Bytes = strata::Bytes;
  /// Answers whoever asks with something. As a source can be forged, such a service harms others: it listens on
  /// loopback alone or has a `rate`, and never answers a port below 1024, where another reflector may sit (RFC 862 …).
  static constexpr bool reflects = false;

  ~Dgram_Handler() override;

  virtual Result<> open() { return {}; }  ///< the socket is bound; before any other hook
  /// `bytes` are lent until the hook returns; they may be changed in place.
  virtual Result<> handle_datagram(Bytes bytes, const INET_Addr& peer) = 0;
  /// The service ends. Default: close when all that was put is sent.
  virtual void handle_drain() { close_when_flushed(errc::stopping); }

  Service& service() const noexcept { return *service_; }
  Reactor& home() const noexcept { return *ref_.reactor(); }
  Handler_Ref ref() const noexcept { return ref_; }
  os::Handle handle() const noexcept final { return handle_.get(); }
  os::Socket_Address local() const noexcept;

  /// Sends a datagram, copied, at the end of the batch or of the turn. Errors: message_size (over os::max_datagram),
  /// no_buffer_space (the high-water mark, or a budget), not_enough_memory, broken_pipe (closing). What the system
  /// refuses later is counted: `send_errors`.
  Result<> put(Const_Bytes bytes, const INET_Addr& to);
  Result<> put(std::string_view text, const INET_Addr& to) { return put(as_bytes(text), to); }
  std::size_t queued() const noexcept;  ///< bytes that wait for the system, overhead counted

  void suspend(Suspension reason = Suspension::user) { (void)home().suspend(ref_, reason); }
  void resume(Suspension reason = Suspension::user) { (void)home().resume(ref_, reason); }
  void close(std::error_code reason = {}) { (void)home().close(ref_, reason); }
  void close_when_flushed(std::error_code reason = {});

  /// A callback that counts as a hook of this handler. Keep the token in the handler: it dies with it.
  [[nodiscard]] Timer schedule(Duration after, Callback callback, Duration interval = {}) {
    return home().schedule(ref_, after, std::move(callback), interval);
  }

 protected:
  Dgram_Handler() noexcept;

 private:
  friend class Service;
  friend class Dgram_Server_Base;
  struct Room;

  static Result<> run_drain(Event_Handler& handler, void*);
  Result<Handler_Ref> start(std::unique_ptr<Dgram_Handler> self, Service& service, SOCK_Dgram socket,
                            const Dgram_Limits& limits, bool reflecting);
  Result<> handle_input() final;
  Result<> handle_output() final;
  void receive_failed(std::error_code error);
  void deliver(Bytes bytes, const os::Socket_Address& from);
  Result<> answer(Bytes bytes, const INET_Addr& peer);
  bool admitted(const INET_Addr& peer);
  Result<> flush();
  Result<> send_some();
  Result<> settle();

  Service* service_ = nullptr;
  os::Unique_Handle handle_;
  Handler_Ref ref_;
  std::unique_ptr<Room> room_;
};

}  // namespace v1
}  // namespace strata
