// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <strata/connection/Any_Options.h>
#include <strata/connection/Budget.h>
#include <strata/connection/Stream_Options.h>
#include <strata/logging/Logger.h>
#include <strata/metrics/Counter.h>
#include <strata/os/Export.h>
#include <strata/os/Monitor.h>
#include <strata/os/Outcome.h>
#include <strata/reactor/Reactor.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

class Acceptor_Base;
class Connection_Handler;
class Svc_Handler;
class Listener;
class Connector_Base;
class Dgram_Server_Base;
enum class Accept_Mode : std::uint8_t;
class Metric_Registry;
class Source_Limits;
class Thread_Pool;
class Transports;
struct Published_Metrics;

/// What one service counts, kept by its connections. @threads any
struct Service_Metrics {
  Counter accepted;       ///< connections opened, in either direction
  Counter closed;
  Counter shed;           ///< turned away or dropped to save the process
  Counter accept_errors;  ///< accepts that failed while the listener lived on
  Counter pauses;         ///< times that a listener paused for want of descriptors
  Counter bytes_in;
  Counter bytes_out;
  Counter datagrams_in;
  Counter datagrams_out;
  Counter truncated;       ///< datagrams longer than their room, dropped
  Counter rejected;        ///< datagrams whose hook failed
  Counter receive_errors;  ///< told by a datagram socket, of an earlier datagram
  Counter send_errors;     ///< datagrams that the system refused
};

/// What the connections of one service share: its name, options, limits, log, budget and home. Made by the configurator
/// or by an embedder; must outlive its connections. Its connections may live in several threads (Reactor::pooled, a
/// Reactor_Pool): what is not marked is for the strand of `home()`. @threads home
class Service {
 public:
  /// `process` bounds the bytes queued by all services together. `serving`: the reactors that accepted connections are
  /// spread over (Reactor_Pool::serving); none: `home` has them.
  Service(std::string name, Reactor& home, Stream_Options stream = {}, Budget* process = nullptr,
          std::size_t byte_limit = Budget::unlimited, std::span<Reactor* const> serving = {});
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service();  ///< asserts that no connection is left

  const std::string& name() const noexcept { return name_; }
  const Stream_Options& stream() const noexcept { return stream_; }
  Logger log() const noexcept { return log_; }
  Budget& budget() noexcept { return budget_; }
  Reactor& home() noexcept { return home_; }
  /// Whether upcalls of two of its connections may run at once: what they share needs a lock then.
  bool concurrent() const noexcept { return home_.pooled() || spread(); }
  /// Whether accepted connections live in other reactors than `home()`.
  bool spread() const noexcept { return serving_.size() > 1 || serving_.front() != &home_; }
  /// The reactors that accepted connections live in. @threads any
  std::span<Reactor* const> serving() const noexcept { return serving_; }
  std::size_t connections_in(const Reactor& reactor) const noexcept;  ///< @threads any
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
  /// @threads any; what T's own functions are is T's matter.
  template <class T>
  T& state() {
    static constexpr char tag = 0;
    const Held held{state_monitor_};
    if (state_ == nullptr) {
      state_ = {new T(*this), [](void* object) { delete static_cast<T*>(object); }};
      state_tag_ = &tag;
    }
    assert(state_tag_ == &tag && "the state is of another type");
    return *static_cast<T*>(state_.get());
  }
  /// Who does what its connections `offload`; null: they themselves. Before the first connection. To be stopped before
  /// a reactor of the service is destroyed.
  void set_workers(Thread_Pool* workers) noexcept { workers_ = workers; }
  Thread_Pool* workers() const noexcept { return workers_; }
  /// How its connections move their bytes; null: on readiness. Before the first connection; must outlive the last.
  void set_transports(Transports* transports) noexcept { transports_ = transports; }
  void set_options(Any_Options options) noexcept { options_ = std::move(options); }  ///< before the first connection
  /// And datagram sockets. @threads any
  std::size_t connections() const noexcept { return connections_.load(); }

  /// Lists the metrics under "strata_service_…" with the label `service`, as long as this lives. Error: file_exists
  /// for a service of the same name.
  Outcome<> publish(Metric_Registry& registry);

  /// Asks every connection and datagram socket to end: its handle_drain.
  void drain();
  /// Closes every one.
  void close_all(std::error_code reason);
  /// No connection, no datagram socket, and no listener in another reactor is left. @threads any
  bool idle() const noexcept { return connections() == 0 && listeners_.load() == 0; }
  /// Called on the strand of `home()` when connections have gone; for who awaits the last one.
  void when_released(Callback callback);

 private:
  friend class Connection_Handler;
  friend class Svc_Handler;
  friend class Dgram_Handler;
  friend class Acceptor_Base;
  friend class Listener;
  friend class Connector_Base;
  friend class Dgram_Server_Base;
  struct Gone;
  struct Part;
  /// A scope that holds a monitor; not std::lock_guard, whose header costs a handler's compilation.
  struct Held {
    explicit Held(os::Monitor& m) noexcept : monitor(m) { monitor.lock(); }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held() { monitor.unlock(); }
    os::Monitor& monitor;
  };
  Part& part_of(const Reactor& reactor) const noexcept;
  bool admit(std::size_t most) noexcept;  ///< counts one more, unless there are as many; 0: always
  void dismiss(const Reactor& where) noexcept;  ///< takes one back that has come to nothing
  void count_shed(Reactor& where) noexcept;
  void attach(const Reactor& where) noexcept;
  void detach(const Reactor& where) noexcept;
  void one_less(std::atomic<std::size_t>& count, const Reactor& where) noexcept;
  static void tell(const std::shared_ptr<Gone>& gone, Reactor& home) noexcept;
  Reactor& choose(Accept_Mode mode) noexcept;
  Source_Limits* limit_sources(std::size_t most, Duration penalty);
  void await(Acceptor_Base* first) noexcept;
  void connections_gone() noexcept;

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
  os::Monitor state_monitor_;
  Thread_Pool* workers_ = nullptr;
  Transports* transports_ = nullptr;
  std::vector<Reactor*> serving_;
  std::unique_ptr<Part[]> parts_;     ///< of each that serves, then of home
  std::size_t next_ = 0;              ///< whose turn it is to be handed one
  std::atomic<std::size_t> connections_{0};
  std::atomic<std::size_t> listeners_{0};  ///< in other reactors than home
  std::unique_ptr<Source_Limits> sources_;
  std::shared_ptr<Gone> gone_;        ///< what a thread that ends a connection may use after this has gone
  Acceptor_Base* waiting_ = nullptr;  ///< the first of those that wait for room
  Callback released_;
};

}  // namespace v1
}  // namespace strata
