// SPDX-License-Identifier: Apache-2.0
#include "Service_Order.h"

#include <algorithm>
#include <string>

#include "Suggestion.h"

namespace strata {
inline namespace v1 {

Service_Order::Service_Order(const std::vector<Service_Config>& configs, Config_Errors& errors)
    : configs_(configs), before_(configs.size()), marks_(configs.size(), Mark::none) {
  for (std::size_t i = 0; i < configs.size(); ++i) {
    read(i, "after", configs[i].after, errors);
    read(i, "requires", configs[i].needs, errors);
  }
  for (std::size_t i = 0; i < configs.size(); ++i) place(i, errors);
}

void Service_Order::read(std::size_t index, std::string_view key, const std::vector<std::string>& names,
                         Config_Errors& errors) {
  const Config_Node* list = configs_[index].node.find(key);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto found = std::ranges::find(configs_, names[i], &Service_Config::name);
    if (found != configs_.end()) {
      before_[index].push_back(static_cast<std::size_t>(found - configs_.begin()));
      if (key == "requires" && configs_[index].enabled && !found->enabled) {
        errors.at_value((*list)[i], in_quotes(names[i]) + " is not enabled");
      } else if (configs_[index].enabled && !found->enabled) {
        errors.warn((*list)[i], in_quotes(names[i]) + " is not enabled: there is nothing to wait for");
      }
      continue;
    }
    std::vector<std::string_view> known;
    for (const Service_Config& one : configs_) known.push_back(one.name);
    errors.at_value((*list)[i], "no service is called " + in_quotes(names[i]) + did_you_mean(names[i], known));
  }
}

void Service_Order::place(std::size_t index, Config_Errors& errors) {
  if (marks_[index] == Mark::done) return;
  path_.push_back(index);
  if (marks_[index] == Mark::open) {
    std::string ring;
    for (auto at = std::ranges::find(path_, index); at != path_.end(); ++at) {
      ring += (ring.empty() ? "" : " waits for ") + in_quotes(configs_[*at].name);
    }
    errors.at_value(configs_[index].node, ring);
  } else {
    marks_[index] = Mark::open;
    for (const std::size_t earlier : before_[index]) place(earlier, errors);
    marks_[index] = Mark::done;
    start_.push_back(index);
  }
  path_.pop_back();
}

}  // namespace v1
}  // namespace strata
