// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <strata/connection/Connection_Handler.h>
#include <strata/connection/Offload.h>
#include <strata/connection/Service.h>
#include <strata/os/Bytes.h>
#include <strata/os/Export.h>
#include <strata/os/Socket_Address.h>
#include <strata/reactor/Event_Handler.h>
#include <strata/reactor/Handler_Ref.h>
#include <strata/reactor/Reactor.h>
#include <strata/timers/Timer_Node.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

class Message_Block;
class Transport;

/// One connection's service: subclass it, and put replies. Made by an Acceptor or Connector, owned by the reactor,
/// freed after handle_close. @threads home, all of it; from elsewhere `Reactor::post(ref(), …)`
///
/// Hooks that return an error close the connection with that reason. What is put in a hook leaves in one write when the
/// hook returns. Between hooks a connection owns no buffer.
class Svc_Handler : public Connection_Handler {
 public:
  template <class T = void>
  using Result = strata::Result<T>;
  using Bytes = strata::Bytes;

  ~Svc_Handler() override;

  /// The connection stands; before any other hook.
  virtual Result<> open() { return {}; }
  /// `bytes` are lent by the running thread until the hook returns; they may be changed in place.
  virtual Result<> handle_data(Bytes bytes) = 0;
  /// The peer sent FIN, all its bytes were delivered. Replies may still go out.
  virtual Result<> handle_end();
  /// The send queue has fallen to its low-water mark after it was above the high one.
  virtual Result<> handle_writable() { return {}; }
  /// The service ends. Default: close when what has arrived is answered and sent.
  virtual void handle_drain() { close_when_idle(); }

  os::Handle handle() const noexcept final { return handle_; }

  /// Sends `bytes`, which are free again when it returns. In a hook, less than `cork_limit` is gathered until the hook
  /// returns; what the peer cannot take is queued and charged. Reports queue policy alone: no_buffer_space (a budget;
  /// or above the high-water mark, but in a hook that began below it), errc::overflow, errc::shed, broken_pipe (after
  /// `shutdown_send`, `close…`); errors of the write arrive as handle_close, errc::shed among them: no budget had room
  /// for what a hook had put and the peer did not take.
  Result<> put(Const_Bytes bytes);
  Result<> put(std::string_view text) { return put(as_bytes(text)); }
  Result<> put(Message_Block&& message);  ///< not copied when it has to be queued
  static constexpr std::size_t cork_limit = 8 * 1024;
  std::size_t queued() const noexcept;  ///< bytes that wait for the peer

  /// Only in handle_data, with a tail of its bytes: the next handle_data starts with them. At most
  /// Run_Context::unread_size; errors: message_size, not_enough_memory, no_buffer_space (a budget).
  Result<> unread(Const_Bytes rest);
  /// Whether more may be taken: false when it is suspended, paused by its queue, or closes. Who takes messages out of
  /// one read one by one asks between them, and leaves the rest unread.
  bool takes_data() const noexcept;
  void suspend(Suspension reason = Suspension::user);  ///< no handle_data and handle_end, until
  void resume(Suspension reason = Suspension::user);

  /// Sends FIN after all that was put; reading goes on.
  Result<> shutdown_send();
  /// Closes at the end of the turn; what was put in this hook is tried once, what is queued is dropped.
  void close(std::error_code reason = {});
  /// Closes when all that was put is sent: FIN, then the peer's remaining bytes are read away for up to `linger_time`,
  /// so that no reset overtakes the reply (RFC 9112 section 9.6). No handle_data and handle_end follow.
  void close_when_flushed(std::error_code reason = {});
  /// Closes when nothing has arrived that is not answered, and nothing is queued: errc::stopping. One that is suspended
  /// may still be answering: it is looked at again when it resumes.
  void close_when_idle();
  /// Closes with RST, drops everything.
  void abort(std::error_code reason = {});
  static constexpr Duration linger_time = std::chrono::seconds{2};

  /// Gives work that takes long to the service's workers (Service::set_workers), and has `then(what work returned)`
  /// called at home, as a hook, unless the connection has closed. Input pauses meanwhile, so that replies keep their
  /// order; of several offloads the works may run at once, each `then` waits for those before it. `then` may return a
  /// Result<>; what either throws closes, as a hook's exception does. Without workers the work is a hook of its own:
  /// in a pool another thread goes on with the others.
  ///
  /// `work` runs beside this object's hooks: let it own what it needs. The object lives until it has returned.
  /// Errors: broken_pipe (closed), no_buffer_space (the workers have too much to do), errc::stopping,
  /// not_enough_memory; then nothing is called.
  template <class Work, class Then>
  Result<> offload(Work work, Then then) {
    return begin_offload(std::unique_ptr<Offload>{
        new (std::nothrow) Offload_Of<Work, Then>{std::move(work), std::move(then)}});
  }
  bool offloads() const noexcept;  ///< one is under way

 protected:
  Svc_Handler() noexcept;

 private:
  friend class Transport;
  friend class Service;
  struct Cold;
  class Hook;

  void take_socket(os::Unique_Handle handle) noexcept final;
  Result<Handler_Ref> begin_connection(std::unique_ptr<Connection_Handler> self, bool first_read) final;
  Result<> ask_to_drain() final;
  Result<> end_idle() final;

  Result<> handle_input() final;
  Result<> handle_output() final;
  Result<> handle_post(Callback& callback) final;
  void handle_release(std::unique_ptr<Event_Handler> self) noexcept final;

  bool is(std::uint16_t flag) const noexcept { return (flags_ & flag) != 0; }
  void set(std::uint16_t flag) noexcept { flags_ = static_cast<std::uint16_t>(flags_ | flag); }
  void unset(std::uint16_t flag) noexcept { flags_ = static_cast<std::uint16_t>(flags_ & ~flag); }

  static void write_expired(void*, Timer_Node&) noexcept;
  Cold* cold() noexcept;
  bool reading() const noexcept;
  bool wants_more() const noexcept;
  Result<> update_interest();
  Result<> deliver(Bytes bytes);
  Result<> deliver_end();
  void redeliver_later();
  Result<> redeliver();
  bool corking() const noexcept;
  std::size_t send_parts(std::span<const Const_Bytes> parts);
  Result<> send_now(std::span<const Const_Bytes> parts);
  Result<> send_now(Message_Block&& message);
  Result<> kept_some();
  Result<> admit(std::size_t size);
  template <class Bytes_Or_Block>
  Result<> put_behind(Bytes_Or_Block&& what, std::size_t size);
  template <class Bytes_Or_Block>
  Result<> enqueue(Bytes_Or_Block&& what, std::size_t size);
  void take_back(Const_Bytes unsent);
  Result<> flush_cork();
  Result<> flush_queue();
  Result<> after_progress();
  Result<> finish_sending();
  Result<> end_when_idle();
  Result<> begin_offload(std::unique_ptr<Offload> offload);
  void end_offloads();
  void close_transport() noexcept;

  Transport* transport_ = nullptr;
  std::unique_ptr<Cold> cold_;
  os::Handle handle_;
  std::uint16_t flags_ = 0;
  std::uint8_t suspended_ = 0;
};

}  // namespace v1
}  // namespace strata
