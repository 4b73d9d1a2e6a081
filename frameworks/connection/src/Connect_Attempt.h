// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <system_error>
#include <vector>

#include <strata/connection/Connector_Base.h>
#include <strata/wrappers/SOCK_Stream.h>

namespace strata {
inline namespace v1 {

/// One call of Connector_Base::connect: the race of its addresses, its retries, its deadline. Owned by the connector,
/// which destroys it when it reports its end. @threads home
class Connect_Attempt {
 public:
  Connect_Attempt(Connector_Base& connector, Attempt_Id id, std::vector<os::Socket_Address> addresses,
                  Connector_Base::On_Failure on_failure, const Connect_Options& options) noexcept;
  ~Connect_Attempt();

  void start();
  Attempt_Id id() const noexcept { return id_; }
  Connector_Base::On_Failure on_failure;

 private:
  class Racer;

  void next_address();
  void schedule_next(Duration after);
  void won(Racer& racer);
  void lost(Racer& racer, std::error_code error);
  void exhausted();
  void drop_racers() noexcept;

  Connector_Base& connector_;
  const Attempt_Id id_;
  const std::vector<os::Socket_Address> addresses_;
  const Connect_Options options_;
  Back_Off back_off_;
  std::size_t next_ = 0;
  unsigned retries_ = 0;
  std::vector<Handler_Ref> racers_;
  std::error_code last_error_;
  Timer next_timer_, deadline_timer_;
};

}  // namespace v1
}  // namespace strata
