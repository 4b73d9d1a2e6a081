// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <strata/configurator/Service_Kind.h>

namespace strata {
inline namespace v1 {

/// The kinds by name, each with its options: key, type or allowed words, default, help. For `--list-kinds`.
std::string list_kinds(Service_Kinds kinds);

}  // namespace v1
}  // namespace strata
