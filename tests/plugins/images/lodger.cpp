// SPDX-License-Identifier: Apache-2.0
// Leaves callbacks with a reactor, for tests that ask what that still has of a binary.
#include <chrono>
#include <utility>

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

}  // namespace

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
