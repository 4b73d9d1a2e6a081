// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include <strata/connection/Any_Options.h>
#include <strata/connection/Budget.h>
#include <strata/connection/Stream_Options.h>
#include <strata/logging/Logger.h>
#include <strata/metrics/Counter.h>
#include <strata/os/Export.h>
#include <strata/os/Outcome.h>
#include <strata/reactor/Reactor.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

class Acceptor_Base;
class Metric_Registry;
struct Published_Metrics;

/// What one service counts, kept by its connections. @threads home for changes, any for values
struct Service_Metrics {
  Local_Counter accepted;       ///< connections opened, in either direction
  Local_Counter closed;
  Local_Counter shed;           ///< turned away or dropped to save the process
  Local_Counter accept_errors;  ///< accepts that failed while the listener lived on
  Local_Counter pauses;         ///< times that a listener paused for want of descriptors
  Local_Counter bytes_in;
  Local_Counter bytes_out;
  Local_Counter datagrams_in;
  Local_Counter datagrams_out;
  Local_Counter truncated;       ///< datagrams longer than their room, dropped
  Local_Counter rejected;        ///< datagrams whose hook failed
  Local_Counter receive_errors;  ///< told by a datagram socket, of an earlier datagram
  Local_Counter send_errors;     ///< datagrams that the system refused
};

/// What the connections of one service share: its name, options, limits, log, budget and home. Made by the configurator
/// or by an embedder; must outlive its connections. @threads home
class Service {
 public:
  /// `process` bounds the bytes queued by all services together.
  Service(std::string name, Reactor& home, Stream_Options stream = {}, Budget* process = nullptr,
          std::size_t byte_limit = Budget::unlimited);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service();  ///< asserts that no connection is left

  const std::string& name() const noexcept { return name_; }
  const Stream_Options& stream() const noexcept { return stream_; }
  Logger log() const noexcept { return log_; }
  Budget& budget() noexcept { return budget_; }
  Reactor& home() noexcept { return home_; }
  std::uint32_t group() const noexcept { return group_; }  ///< of its connections in Reactor::for_each
  std::uint32_t datagram_group() const noexcept { return datagram_group_; }  ///< of its datagram sockets
  Service_Metrics& metrics() noexcept { return metrics_; }
  /// What the handlers' class declares as its `Options`, as configured; the defaults where nobody has set any.
  template <class O>
  const O& options() const {
    static const O defaults{};
    const O* own = options_.find<O>();
    assert((own != nullptr || options_.empty()) && "options of another type are set");
    return own != nullptr ? *own : defaults;
  }
  /// What its connections share beside the options: one object of one type, made by `T(Service&)` when it is first
  /// asked for, and gone with the service. What its constructor throws, this throws.
  template <class T>
  T& state() {
    static constexpr char tag = 0;
    if (state_ == nullptr) {
      state_ = {new T(*this), [](void* object) { delete static_cast<T*>(object); }};
      state_tag_ = &tag;
    }
    assert(state_tag_ == &tag && "the state is of another type");
    return *static_cast<T*>(state_.get());
  }
  void set_options(Any_Options options) noexcept { options_ = std::move(options); }  ///< before the first connection
  std::size_t connections() const noexcept { return connections_; }  ///< and datagram sockets

  /// Lists the metrics under "strata_service_…" with the label `service`, as long as this lives. Error: file_exists
  /// for a service of the same name.
  Outcome<> publish(Metric_Registry& registry);

  /// Asks every connection and datagram socket to end: its handle_drain.
  void drain();
  /// Closes every one.
  void close_all(std::error_code reason);
  /// Called whenever a connection has gone; for who awaits the last one.
  void when_released(Callback callback) { released_ = std::move(callback); }

 private:
  friend class Svc_Handler;
  friend class Dgram_Handler;
  friend class Acceptor_Base;
  void attach() noexcept;
  void detach() noexcept;

  std::string name_;
  Reactor& home_;
  Stream_Options stream_;
  Logger log_;
  Budget budget_;
  std::uint32_t group_;
  std::uint32_t datagram_group_;
  Service_Metrics metrics_;
  Any_Options options_;
  std::unique_ptr<void, void (*)(void*)> state_{nullptr, nullptr};
  const char* state_tag_ = nullptr;
  std::unique_ptr<Published_Metrics> published_;
  std::size_t connections_ = 0;
  Acceptor_Base* waiting_ = nullptr;  ///< the first of those that wait for room
  Callback released_;
};

}  // namespace v1
}  // namespace strata
