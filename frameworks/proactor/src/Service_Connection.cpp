// SPDX-License-Identifier: Apache-2.0
// A Service_Handler as a connection of a service.
#include <utility>

#include <strata/proactor/Service_Handler.h>

#include "Asynch_Operation.h"

namespace strata {
inline namespace v1 {

namespace {

constexpr std::size_t free_of_charge = 8 * 1024;  // of one write alone, so that a reply costs no counter that all share

}  // namespace

void Service_Handler::take_socket(os::Unique_Handle handle) noexcept { handle_ = std::move(handle); }

Result<Handler_Ref> Service_Handler::begin_connection(std::unique_ptr<Connection_Handler> self, bool first_read) {
  drained_ = !first_read;
  std::unique_ptr<Service_Handler> mine{static_cast<Service_Handler*>(self.release())};
  return proactor_->start(std::move(mine));
}

Result<> Service_Handler::ask_to_drain() {
  handle_drain();
  return {};
}

Result<> Service_Handler::end_idle() {
  close(errc::idle_timeout);
  return {};
}

/// What waits for the peer is charged to the service until it is told of.
Result<> Service_Handler::count_started(Asynch_Operation& one) noexcept {
  const std::size_t size = of_a_service() ? one.waiting_bytes() : 0;
  if (size != 0) {
    const bool waits = outstanding_ != expecting_;
    if (waits || size > free_of_charge) {
      if (!service().budget().charge(size)) return fail(std::errc::no_buffer_space);
      one.charged = size;
    }
  }
  ++outstanding_;
  expecting_ += one.expects() ? 1 : 0;
  return {};
}

void Service_Handler::count_completed(Asynch_Operation& one) noexcept {
  --outstanding_;
  expecting_ -= one.expects() ? 1 : 0;
  quiet_ = one.idle && one.error == errc::canceled;
  listened_ = 0;
  if (!of_a_service()) return;
  if (one.charged != 0) service().budget().release(std::exchange(one.charged, 0));
  if (one.moved == 0 || one.direction > out) return;
  (one.direction == out ? service().metrics().bytes_out : service().metrics().bytes_in).add(one.bytes_moved());
  touch();
}

void Service_Handler::close_when_idle() noexcept {
  ending_ = true;
  quiet_ = false;
  listened_ = 0;
  end_when_idle();
}

/// What has arrived has a whole turn to come, until a second flush; then a read that is canceled and brings nothing is
/// the end. Without that turn a ring may cancel a read whose bytes are there.
void Service_Handler::end_when_idle() noexcept {
  if (closing_ || outstanding_ != expecting_) return;
  if (outstanding_ == 0) return close(errc::stopping);
  const Asynch_Operation* const reading = queues_[in].front();
  if (reading != nullptr && reading->asked) return;  // it may bring what came meanwhile: a timer is canceled at once
  if (quiet_) return close(errc::stopping);
  if (listened_ == 2) return cancel_as_idle();
  ++listened_;
  run(in, true);
  (void)home().flush_later(ref_);
}

}  // namespace v1
}  // namespace strata
