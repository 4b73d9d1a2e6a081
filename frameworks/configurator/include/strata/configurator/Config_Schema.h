// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <strata/configurator/Config_Field.h>
#include <strata/configurator/Service_Kind.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// The JSON Schema (draft 7, which editors know) of a configuration file whose root has the keys of `root`, with the
/// values of `defaults`; an entry of `services` has the options of its kind. What is between keys it cannot say.
std::string config_schema(Fields root, const void* defaults, Service_Kinds kinds);

}  // namespace v1
}  // namespace strata
