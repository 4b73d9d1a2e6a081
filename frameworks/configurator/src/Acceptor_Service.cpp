// SPDX-License-Identifier: Apache-2.0
#include "Acceptor_Service.h"

#include <utility>

#include <strata/configurator/Service.h>
#include <strata/os/File.h>
#include <strata/wrappers/Address_Text.h>

namespace strata {
inline namespace v1 {

Acceptor_Service::~Acceptor_Service() = default;

void Acceptor_Service::configure(const Service_Config& config, Config_Errors& errors) {
  name_ = config.name;
  Fields_Of own{{}, nullptr};
  if (kind_.own != nullptr) {
    options_ = kind_.own->make();
    own = {kind_.own->table().fields, options_.object()};
  }
  settings_.read(config, kind_.first_speaker == First_Speaker::client, own, errors);
}

std::vector<Option_Table> Acceptor_Service::options_in_effect() const {
  std::vector<Option_Table> tables{{Acceptor_Settings::fields(), &settings_}};
  if (kind_.own != nullptr) tables.push_back({kind_.own->table().fields, options_.object()});
  return tables;
}

Outcome<> Acceptor_Service::prepare(const Service_Context& context) {
  for (const Endpoint& endpoint : settings_.listen) {
    Outcome<std::vector<os::Socket_Address>> addresses = resolve(endpoint, true);
    if (!addresses) return std::unexpected{std::move(addresses.error())};
    addresses_.insert(addresses_.end(), addresses->begin(), addresses->end());
  }
  const std::size_t limit = settings_.queue_limit == 0 ? Budget::unlimited : settings_.queue_limit;
  service_.emplace(name_, context.home, settings_, context.budget, limit);
  service_->set_options(options_);
  acceptor_ = kind_.make(*service_);
  return context.metrics == nullptr ? Outcome<>{} : service_->publish(*context.metrics);
}

Outcome<> Acceptor_Service::start() { return acceptor_->open(addresses_, settings_); }

void Acceptor_Service::stop(Duration drain, Callback stopped) {
  stopped_ = std::move(stopped);
  acceptor_->close();
  remove_socket_file();
  service_->when_released([this] { end_if_empty(); });
  if (drain > Duration{}) {
    service_->drain();
    deadline_ = service_->home().schedule(drain, [this] { service_->close_all(make_error_code(errc::stopping)); });
  } else {
    service_->close_all(make_error_code(errc::stopping));
  }
  end_if_empty();
}

void Acceptor_Service::end_if_empty() {
  if (service_->connections() != 0) return;
  deadline_.cancel();
  if (stopped_) std::exchange(stopped_, {})();
}

/// The system leaves it behind, and it would take the address from the next start (unix(7)).
void Acceptor_Service::remove_socket_file() {
  for (const os::Socket_Address& address : std::exchange(addresses_, {})) {
    const std::string path{address.path()};
    if (!path.empty() && path.front() != '\0') static_cast<void>(os::remove_file(path));
  }
}

std::vector<std::string> Acceptor_Service::endpoints() const {
  std::vector<std::string> texts;
  if (acceptor_ == nullptr) return texts;
  for (const os::Socket_Address& address : acceptor_->addresses()) {
    texts.push_back((address.family() == os::Family::local ? "unix://" : "tcp://") + to_text(address));
  }
  return texts;
}

namespace detail {

std::unique_ptr<Service_Object> make_acceptor_service(const Service_Kind& kind) {
  return std::make_unique<Acceptor_Service>(*kind.acceptor);
}

std::vector<Option_Table> acceptor_options(const Service_Kind& kind) {
  std::vector<Option_Table> tables{Acceptor_Settings::defaults()};
  if (kind.acceptor->own != nullptr) tables.push_back(kind.acceptor->own->table());
  return tables;
}

}  // namespace detail

}  // namespace v1
}  // namespace strata
