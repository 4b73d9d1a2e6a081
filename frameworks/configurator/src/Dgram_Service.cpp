// SPDX-License-Identifier: Apache-2.0
#include "Dgram_Service.h"

#include <utility>

#include <strata/configurator/Service.h>
#include <strata/wrappers/Address_Text.h>

namespace strata {
inline namespace v1 {

void Dgram_Service::configure(const Service_Config& config, Config_Errors& errors) {
  name_ = config.name;
  Fields_Of own{{}, nullptr};
  if (kind_.own != nullptr) {
    options_ = kind_.own->make();
    own = {kind_.own->table().fields, options_.object()};
  }
  settings_.read(config, kind_.reflects, own, errors);
}

std::vector<Option_Table> Dgram_Service::options_in_effect() const {
  std::vector<Option_Table> tables{{Dgram_Settings::fields(), &settings_}};
  if (kind_.own != nullptr) tables.push_back({kind_.own->table().fields, options_.object()});
  return tables;
}

Outcome<> Dgram_Service::prepare(const Service_Context& context) {
  if (Outcome<> found = points_.find(settings_.listen, os::Socket_Kind::datagram); !found) return found;
  if (kind_.reflects) {
    if (Outcome<> near = settings_.check_reach(points_.addresses()); !near) return near;
  }
  const std::size_t limit = settings_.queue_limit == 0 ? Budget::unlimited : settings_.queue_limit;
  service_.emplace(name_, context.home, Stream_Options{}, context.budget, limit);
  service_->set_options(options_);
  server_ = kind_.make(*service_);
  failed_ = context.failed;
  return context.metrics == nullptr ? Outcome<>{} : service_->publish(*context.metrics);
}

Outcome<> Dgram_Service::start() {
  Outcome<std::vector<os::Unique_Handle>> inherited = points_.inherited();
  if (!inherited) return std::unexpected{std::move(inherited.error())};
  if (Outcome<> opened = server_->open(points_.addresses(), settings_); !opened) return opened;
  for (os::Unique_Handle& socket : *inherited) {
    if (Outcome<> adopted = server_->adopt(SOCK_Dgram{std::move(socket)}, settings_); !adopted) return adopted;
  }
  service_->when_released([this] {
    if (failed_) failed_({std::make_error_code(std::errc::connection_aborted), "a socket was closed"});
  });
  return {};
}

void Dgram_Service::stop(Duration drain, Callback stopped) { drain_.begin(*service_, drain, std::move(stopped)); }

std::vector<std::string> Dgram_Service::endpoints() const {
  std::vector<std::string> texts;
  if (server_ == nullptr) return texts;
  for (const os::Socket_Address& address : server_->addresses()) texts.push_back("udp://" + to_text(address));
  return texts;
}

namespace detail {

std::unique_ptr<Service_Object> make_dgram_service(const Service_Kind& kind) {
  return std::make_unique<Dgram_Service>(*kind.datagrams);
}

std::vector<Option_Table> dgram_options(const Service_Kind& kind) {
  std::vector<Option_Table> tables{Dgram_Settings::defaults()};
  if (kind.datagrams->own != nullptr) tables.push_back(kind.datagrams->own->table());
  return tables;
}

}  // namespace detail

}  // namespace v1
}  // namespace strata
