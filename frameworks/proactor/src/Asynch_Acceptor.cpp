// SPDX-License-Identifier: Apache-2.0
#include <strata/proactor/Asynch_Acceptor.h>

#include <exception>
#include <utility>

#include <strata/connection/Accept_Error.h>
#include <strata/wrappers/SOCK_Acceptor.h>

namespace strata {
inline namespace v1 {

Outcome<Asynch_Acceptor_Base::Listening> Asynch_Acceptor_Base::listen(Proactor& proactor, const os::Socket_Address& at,
                                                                      Make make) {
  Outcome<SOCK_Acceptor> opened = SOCK_Acceptor::open(at);
  if (!opened) return std::unexpected{std::move(opened.error())};
  const Result<os::Socket_Address> address = opened->local_address();
  if (!address) return std::unexpected{Error{address.error(), "getsockname: " + address.error().message()}};
  std::unique_ptr<Service_Handler> acceptor{new Asynch_Acceptor_Base{make}};
  const Result<Handler_Ref> ref = proactor.adopt(std::move(acceptor), opened->release());
  if (!ref) return std::unexpected{Error{ref.error(), "the listener: " + ref.error().message()}};
  return Listening{*ref, *address};
}

/// A handler that cannot be made or adopted costs its connection alone.
Result<> Asynch_Acceptor_Base::handle_accept(Completed accepted) {
  pause_ = {};
  try {
    (void)proactor().adopt(make_(proactor()), std::move(accepted.handle));
  } catch (const std::exception&) {
  }
  return accept();
}

Result<> Asynch_Acceptor_Base::handle_failure(Completed failed) {
  if (failed.error == errc::canceled) return {};
  switch (classify_accept(failed.error)) {
    case Accept_Error::of_one: return accept();
    case Accept_Error::of_listener: return fail(failed.error);
    case Accept_Error::of_resources: break;
  }
  pause_ = next_accept_pause(pause_);
  again_ = home().schedule(ref(), pause_, [this] { (void)accept(); });
  return again_.active() ? Result<>{} : fail(std::errc::not_enough_memory);
}

}  // namespace v1
}  // namespace strata
