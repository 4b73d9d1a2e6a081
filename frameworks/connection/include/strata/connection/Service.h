// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

#include <strata/connection/Budget.h>
#include <strata/connection/Stream_Options.h>
#include <strata/logging/Logger.h>
#include <strata/reactor/Reactor.h>

namespace strata {
inline namespace v1 {

class Acceptor_Base;

/// Counts of one service, kept by its connections. @threads home
struct Service_Counts {
  std::uint64_t accepted = 0;       ///< connections opened, in either direction
  std::uint64_t closed = 0;
  std::uint64_t shed = 0;           ///< turned away or closed to save the process
  std::uint64_t accept_errors = 0;  ///< accepts that failed while the listener lived on
  std::uint64_t pauses = 0;         ///< times that a listener paused for want of descriptors
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

/// What the connections of one service share: its name, limits, log, budget and home. Made by the configurator or by an
/// embedder; must outlive its connections. @threads home
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
  std::uint32_t group() const noexcept { return group_; }  ///< of its handlers in Reactor::for_each
  Service_Counts& counts() noexcept { return counts_; }
  std::size_t connections() const noexcept { return connections_; }

  /// Asks every connection to end: its handle_drain.
  void drain();
  /// Closes every connection.
  void close_all(std::error_code reason);
  /// Called whenever a connection has gone; for who awaits the last one.
  void when_released(Callback callback) { released_ = std::move(callback); }

 private:
  friend class Svc_Handler;
  friend class Acceptor_Base;
  void attach() noexcept;
  void detach() noexcept;

  std::string name_;
  Reactor& home_;
  Stream_Options stream_;
  Logger log_;
  Budget budget_;
  std::uint32_t group_;
  Service_Counts counts_;
  std::size_t connections_ = 0;
  Acceptor_Base* acceptor_ = nullptr;  ///< waits for room: told once of the next release
  Callback released_;
};

}  // namespace v1
}  // namespace strata
