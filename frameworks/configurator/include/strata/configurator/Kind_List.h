// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <strata/configurator/Config_Field.h>
#include <strata/configurator/Service_Kind.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// What a value of the field looks like: "duration", "pause|close|shed".
std::string form_of(const Field&);

/// The kinds by name, each with its options: key, type or allowed words, default, help. For `--list-kinds`.
std::string list_kinds(Service_Kinds kinds);

}  // namespace v1
}  // namespace strata
