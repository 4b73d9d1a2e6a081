// SPDX-License-Identifier: Apache-2.0
// Leaves callbacks with a reactor, for tests that ask what that still has of a binary.
#include <chrono>
#include <memory>
#include <utility>

#include <strata/os/Waker.h>
#include <strata/reactor/Reactor.h>

namespace {

/// Holds up who calls it. The test's own: a std::latch is not told across the border of a plugin.
struct Hold {
  void (*function)(void*);
  void* context;
  void operator()() const { function(context); }
};

/// Holds up whoever frees it.
class Anchor {
 public:
  explicit Anchor(Hold hold) noexcept : hold_(hold) {}
  Anchor(Anchor&& other) noexcept : hold_(std::exchange(other.hold_, {})) {}
  Anchor& operator=(Anchor&&) = delete;
  ~Anchor() {
    if (hold_.function != nullptr) hold_();
  }

 private:
  Hold hold_;
};

/// Outlives its close, as one with an operation that the kernel still has.
class Stayer final : public strata::Event_Handler {
 public:
  Stayer(strata::os::Waker waker, strata::Reactor& home, strata::Reactor::Returned& room) noexcept
      : waker_(std::move(waker)), home_(home), room_(room) {}
  strata::os::Handle handle() const noexcept override { return waker_.handle(); }
  void handle_release(std::unique_ptr<strata::Event_Handler> self) noexcept override {
    home_.keep(room_, std::move(self));
  }

 private:
  strata::os::Waker waker_;
  strata::Reactor& home_;
  strata::Reactor::Returned& room_;
};

}  // namespace

/// A handler that closes at once, and stays in `room`.
extern "C" [[gnu::visibility("default")]] void close_one_that_stays(strata::Reactor& reactor,
                                                                    strata::Reactor::Returned& room) {
  auto stayer = std::make_unique<Stayer>(std::move(*strata::os::Waker::open()), reactor, room);
  const auto ref = reactor.adopt(std::move(stayer), strata::Event_Mask::none);
  (void)reactor.close(*ref, {});
}

/// Two for the handler: the first holds up the thread that runs it.
extern "C" [[gnu::visibility("default")]] void post_two(strata::Reactor& reactor, strata::Handler_Ref ref,
                                                        void (*hold)(void*), void* context) {
  (void)reactor.post(ref, Hold{hold, context});
  (void)reactor.post(ref, [] {});
}

/// One whose captures hold up who frees them.
extern "C" [[gnu::visibility("default")]] void post_anchored(strata::Reactor& reactor, strata::Handler_Ref ref,
                                                             void (*hold)(void*), void* context) {
  (void)reactor.post(ref, [anchor = Anchor{{hold, context}}] {});
}

/// The same of a timer that is far from due, in who asks.
extern "C" [[gnu::visibility("default")]] void schedule_anchored(strata::Reactor& reactor, strata::Timer& timer,
                                                                 void (*hold)(void*), void* context) {
  timer = reactor.schedule(std::chrono::hours{1}, [anchor = Anchor{{hold, context}}] {});
}

/// The same of a timer for the handler, soon due.
extern "C" [[gnu::visibility("default")]] void schedule_anchored_for(strata::Reactor& reactor, strata::Handler_Ref ref,
                                                                     void (*hold)(void*), void* context) {
  (void)reactor.schedule(ref, std::chrono::milliseconds{5}, [anchor = Anchor{{hold, context}}] {}).detach();
}
