// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <system_error>
#include <vector>

#include <strata/connection/Back_Off.h>
#include <strata/connection/Svc_Handler.h>
#include <strata/os/Export.h>
#include <strata/os/Socket_Address.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

class Connect_Attempt;

struct Connect_Options {
  Duration deadline = std::chrono::seconds{30};             ///< of one try over all addresses; 0 = the system's own
  Duration attempt_delay = std::chrono::milliseconds{250};  ///< before the next address joins the race (RFC 8305, 5)
  unsigned retries = 0;                                     ///< tries after the first, each after a back-off
  Back_Off_Options back_off{};
};

/// Names one call of `connect`. Never reused.
struct Attempt_Id {
  std::uint64_t value = 0;
  friend bool operator==(Attempt_Id, Attempt_Id) = default;
};

/// Connects, and makes a handler for each connection: what Connector<H> is without its H. @threads home
class Connector_Base {
 public:
  using On_Failure = std::move_only_function<void(std::error_code)>;

  explicit Connector_Base(Service& service) noexcept;
  Connector_Base(const Connector_Base&) = delete;
  Connector_Base& operator=(const Connector_Base&) = delete;
  /// Cancels all attempts: each has its `on_failure` called with errc::canceled.
  virtual ~Connector_Base();

  /// Races the addresses in their order, each a little after the one before (happy eyeballs): the first that connects
  /// gets the handler. Exactly one of the handler's `open()` and `on_failure` is called, never inside this call;
  /// `on_failure` gets the last address's error, std::errc::timed_out after the deadline, or errc::canceled.
  /// Errors, and then neither is called: invalid_argument (no address), errc::canceled (inside the destructor),
  /// not_enough_memory.
  Result<Attempt_Id> connect(std::vector<os::Socket_Address> addresses, On_Failure on_failure,
                             const Connect_Options& options = {});
  /// Ends an attempt with errc::canceled, now. False when it is over.
  bool cancel(Attempt_Id id);
  std::size_t pending() const noexcept { return attempts_.size(); }
  Service& service() noexcept { return service_; }

 protected:
  virtual std::unique_ptr<Svc_Handler> make_handler() = 0;

 private:
  friend class Connect_Attempt;
  void succeeded(Connect_Attempt& attempt, os::Unique_Handle handle);
  void failed(Connect_Attempt& attempt, std::error_code error);
  std::unique_ptr<Connect_Attempt> take(Connect_Attempt& attempt) noexcept;

  Service& service_;
  std::vector<std::unique_ptr<Connect_Attempt>> attempts_;
  std::uint64_t last_id_ = 0;
  bool dying_ = false;
};

}  // namespace v1
}  // namespace strata
