// SPDX-License-Identifier: Apache-2.0
#include <strata/connection/Connector_Base.h>

#include <algorithm>
#include <new>
#include <utility>

#include "Connect_Attempt.h"

namespace strata {
inline namespace v1 {

Connector_Base::Connector_Base(Service& service) noexcept : service_(service) {}

Connector_Base::~Connector_Base() {
  dying_ = true;
  while (!attempts_.empty()) cancel(attempts_.back()->id());
}

Result<Attempt_Id> Connector_Base::connect(std::vector<os::Socket_Address> addresses, On_Failure on_failure,
                                           const Connect_Options& options) try {
  if (addresses.empty()) return fail(std::errc::invalid_argument);
  if (dying_) return fail(errc::canceled);
  const Attempt_Id id{++last_id_};
  auto attempt = std::make_unique<Connect_Attempt>(*this, id, std::move(addresses), std::move(on_failure), options);
  Connect_Attempt& started = *attempts_.emplace_back(std::move(attempt));
  started.start();
  return id;
} catch (const std::bad_alloc&) {
  return fail(std::errc::not_enough_memory);
}

bool Connector_Base::cancel(Attempt_Id id) {
  const auto found = std::ranges::find(attempts_, id, &Connect_Attempt::id);
  if (found == attempts_.end()) return false;
  failed(**found, errc::canceled);
  return true;
}

std::unique_ptr<Connect_Attempt> Connector_Base::take(Connect_Attempt& attempt) noexcept {
  const auto found = std::ranges::find(attempts_, attempt.id(), &Connect_Attempt::id);
  std::unique_ptr<Connect_Attempt> taken = std::move(*found);
  attempts_.erase(found);
  return taken;
}

void Connector_Base::succeeded(Connect_Attempt& attempt, os::Unique_Handle handle) {
  const std::unique_ptr<Connect_Attempt> over = take(attempt);
  std::error_code error;
  try {
    std::unique_ptr<Svc_Handler> handler = make_handler();
    (void)service_.admit(0);
    handler->attach(service_, service_.home(), std::move(handle));
    const Result<Handler_Ref> started = Connection_Handler::start_connection(std::move(handler), false);
    if (started) return;
    error = started.error();
  } catch (...) {  // from the handler's constructor
    service_.log().error("a handler's constructor threw");
    error = std::make_error_code(std::errc::state_not_recoverable);
  }
  if (over->on_failure) over->on_failure(error);
}

void Connector_Base::failed(Connect_Attempt& attempt, std::error_code error) {
  const std::unique_ptr<Connect_Attempt> over = take(attempt);
  if (over->on_failure) over->on_failure(error);
}

}  // namespace v1
}  // namespace strata
