// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>

#include <strata/connection/Transport.h>
#include <strata/reactor/Completion_Handler.h>
#include <strata/reactor/Reactor.h>

namespace strata {
inline namespace v1 {

/// A listener's accepts, one operation that goes on. The operation may outlive the listener, which is not told then:
/// descriptors that come yet are closed. Not for a pool.
class Completion_Accepting final : public Accepting {
 public:
  static std::unique_ptr<Accepting> make(Reactor& home, os::Handle listening) noexcept;  ///< null: no memory
  ~Completion_Accepting() override;

  void start(Handler_Ref listener, Hook hook) noexcept override;
  void pause() noexcept override;
  void stop() noexcept override;

 private:
  struct Operation final : Completion_Handler {
    Operation(Reactor& in, os::Handle listening) noexcept : Completion_Handler(os::Request::accept_many), home(in) {
      handle = listening;
    }
    void handle_completion(const os::Ready& completion) noexcept override;
    void tell(Result<os::Unique_Handle> taken) noexcept;

    Reactor& home;
    Handler_Ref listener;
    Hook hook = nullptr;
    bool wanted = false;    ///< it is to go on, or to begin anew
    bool stopping = false;  ///< it was canceled
    bool orphaned = false;  ///< it frees itself
  };

  explicit Completion_Accepting(std::unique_ptr<Operation> operation) noexcept : operation_(std::move(operation)) {}
  std::unique_ptr<Operation> operation_;
};

}  // namespace v1
}  // namespace strata
