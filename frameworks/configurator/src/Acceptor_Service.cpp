// SPDX-License-Identifier: Apache-2.0
#include "Acceptor_Service.h"

#include <utility>

#include <strata/configurator/Service.h>
#include <strata/wrappers/Address_Text.h>

namespace strata {
inline namespace v1 {

Acceptor_Service::~Acceptor_Service() = default;

Acceptor_Settings::Kind Acceptor_Service::kind() const noexcept {
  return {kind_.first_speaker == First_Speaker::client, kind_.by_operations};
}

void Acceptor_Service::configure(const Service_Config& config, Config_Errors& errors) {
  name_ = config.name;
  Fields_Of own{{}, nullptr};
  if (kind_.own != nullptr) {
    options_ = kind_.own->make();
    own = {kind_.own->table().fields, options_.object()};
  }
  settings_.read(config, kind(), own, errors);
}

std::vector<Option_Table> Acceptor_Service::options_in_effect() const {
  std::vector<Option_Table> tables{{Acceptor_Settings::fields(kind()), &settings_}};
  if (kind_.own != nullptr) tables.push_back({kind_.own->table().fields, options_.object()});
  return tables;
}

Outcome<> Acceptor_Service::prepare(const Service_Context& context) {
  if (kind_.by_operations && context.proactors == nullptr) {
    return std::unexpected{Error{std::make_error_code(std::errc::not_supported), "its kind needs proactors"}};
  }
  if (Outcome<> found = points_.find(settings_.listen, os::Socket_Kind::stream); !found) return found;
  const std::size_t limit = settings_.queue_limit == 0 ? Budget::unlimited : settings_.queue_limit;
  settings_.accept = context.accept;
  service_.emplace(name_, context.home, settings_, context.budget, limit, context.serving);
  service_->set_options(options_);
  service_->set_workers(context.workers);
  service_->set_transports(context.transports);
  acceptor_ = kind_.make(*service_, context.proactors);
  acceptor_->when_failed([failed = context.failed](std::error_code reason) {
    if (failed) failed({reason, "a listener closed: " + reason.message()});
  });
  return context.metrics == nullptr ? Outcome<>{} : service_->publish(*context.metrics);
}

Outcome<> Acceptor_Service::start() {
  Outcome<std::vector<os::Unique_Handle>> inherited = points_.inherited();
  if (!inherited) return std::unexpected{std::move(inherited.error())};
  if (Outcome<> opened = acceptor_->open(points_.addresses(), settings_); !opened) return opened;
  for (os::Unique_Handle& socket : *inherited) {
    if (Outcome<> adopted = acceptor_->adopt(SOCK_Acceptor{std::move(socket)}, settings_); !adopted) return adopted;
  }
  return {};
}

void Acceptor_Service::stop(Duration drain, Callback stopped) {
  if (!acceptor_->addresses().empty()) points_.remove_socket_files();  // once: the next owner's stays
  acceptor_->close();
  drain_.begin(*service_, drain, std::move(stopped));
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
  std::vector<Option_Table> tables{Acceptor_Settings::defaults({.client_speaks_first = false,
                                                                .by_operations = kind.acceptor->by_operations})};
  if (kind.acceptor->own != nullptr) tables.push_back(kind.acceptor->own->table());
  return tables;
}

}  // namespace detail

}  // namespace v1
}  // namespace strata
