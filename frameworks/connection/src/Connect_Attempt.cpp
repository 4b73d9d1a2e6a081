// SPDX-License-Identifier: Apache-2.0
#include "Connect_Attempt.h"

#include <utility>

#include <strata/wrappers/SOCK_Connector.h>

namespace strata {
inline namespace v1 {

/// One address on its way. Adopted by the reactor; the attempt closes those that did not win.
class Connect_Attempt::Racer final : public Event_Handler {
 public:
  Racer(Connect_Attempt& attempt, SOCK_Stream stream) noexcept : attempt_(&attempt), stream_(std::move(stream)) {}

  os::Handle handle() const noexcept override { return stream_.handle(); }
  Result<> handle_output() override {
    const Result<> done = SOCK_Connector::complete(stream_);
    if (!done && done.error() == std::errc::operation_in_progress) return {};
    Connect_Attempt& attempt = *std::exchange(attempt_, nullptr);
    if (done) {
      attempt.won(*this);
    } else {
      attempt.lost(*this, done.error());
    }
    return {};
  }
  void handle_close(std::error_code reason) noexcept override {  // the mechanism's error: the attempt still hopes
    if (attempt_ != nullptr) std::exchange(attempt_, nullptr)->lost(*this, reason);
  }

  void forget() noexcept { attempt_ = nullptr; }
  os::Unique_Handle release() noexcept { return stream_.release(); }
  void start(Handler_Ref ref) noexcept { ref_ = ref; }
  Handler_Ref ref() const noexcept { return ref_; }

 private:
  Connect_Attempt* attempt_;
  SOCK_Stream stream_;
  Handler_Ref ref_;
};

Connect_Attempt::Connect_Attempt(Connector_Base& connector, Attempt_Id id, std::vector<os::Socket_Address> addresses,
                                 Connector_Base::On_Failure failure, const Connect_Options& options) noexcept
    : on_failure(std::move(failure)),
      connector_(connector),
      id_(id),
      addresses_(std::move(addresses)),
      options_(options),
      back_off_(options.back_off) {}

Connect_Attempt::~Connect_Attempt() { drop_racers(); }

void Connect_Attempt::start() {
  Reactor& home = connector_.service().home();
  next_ = 0;
  racers_.reserve(addresses_.size());  // so that none is registered and not known
  if (options_.deadline > Duration::zero()) {
    deadline_timer_ = home.schedule(options_.deadline, [this] {
      last_error_ = std::make_error_code(std::errc::timed_out);
      drop_racers();
      exhausted();
    });
  }
  next_address();
}

void Connect_Attempt::schedule_next(Duration after) {
  next_timer_ = connector_.service().home().schedule(after, [this] { next_address(); });
}

/// Sends one more address into the race; one that fails at once makes room for the next.
void Connect_Attempt::next_address() {
  Reactor& home = connector_.service().home();
  while (next_ < addresses_.size()) {
    Result<SOCK_Stream> stream = SOCK_Connector::start(addresses_[next_++]);
    if (stream) {
      auto racer = std::make_unique<Racer>(*this, std::move(*stream));
      Racer& borrowed = *racer;
      const Result<Handler_Ref> ref = home.adopt(std::move(racer), Event_Mask::output, {.strand = Strand_Of::reactor});
      if (ref) {
        borrowed.start(*ref);
        racers_.push_back(*ref);
        if (next_ < addresses_.size()) schedule_next(options_.attempt_delay);
        return;
      }
      last_error_ = ref.error();
    } else {
      last_error_ = stream.error();
    }
  }
  // Reported from the loop, never inside `connect`.
  if (racers_.empty()) next_timer_ = home.schedule({}, [this] { exhausted(); });
}

void Connect_Attempt::won(Racer& racer) {
  std::erase(racers_, racer.ref());
  (void)racer.ref().reactor()->close(racer.ref(), errc::canceled);  // deregisters: its socket lives on in the handler
  connector_.succeeded(*this, racer.release());                     // *this is gone
}

void Connect_Attempt::lost(Racer& racer, std::error_code error) {
  last_error_ = error;
  std::erase(racers_, racer.ref());
  (void)racer.ref().reactor()->close(racer.ref(), error);  // stale: it is closing already
  if (next_ < addresses_.size()) {
    next_address();  // no need to wait for the delay
  } else if (racers_.empty()) {
    exhausted();
  }
}

/// No address has answered: try again later, or give up.
void Connect_Attempt::exhausted() {
  next_timer_.cancel();
  deadline_timer_.cancel();
  if (retries_++ == options_.retries) {
    connector_.failed(*this, last_error_);  // *this is gone
    return;
  }
  next_timer_ = connector_.service().home().schedule(back_off_.next(), [this] { start(); });
}

void Connect_Attempt::drop_racers() noexcept {
  for (const Handler_Ref ref : std::exchange(racers_, {})) {
    auto* racer = static_cast<Racer*>(ref.reactor()->find(ref));
    if (racer == nullptr) continue;
    racer->forget();
    (void)ref.reactor()->close(ref, errc::canceled);
  }
}

}  // namespace v1
}  // namespace strata
