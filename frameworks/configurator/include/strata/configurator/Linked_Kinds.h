// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <strata/configurator/Service_Kind.h>
#include <strata/os/Export.h>

// The bounds that the linker gives a section named like a C identifier (GNU ld, "Orphan Sections"). Hidden: each binary
// has its own. Weak: a binary may have no services.
extern "C" {
[[gnu::weak, gnu::visibility("hidden")]] extern const strata::Service_Kind* const __start_strata_services[];
[[gnu::weak, gnu::visibility("hidden")]] extern const strata::Service_Kind* const __stop_strata_services[];
}

namespace strata {
inline namespace STRATA_EXPORT v1 {
namespace {

/// The kinds linked into the binary that calls this: into a program, object files and not an archive, whose members
/// nobody asks for.
[[maybe_unused]] Service_Kinds linked_kinds() noexcept { return {__start_strata_services, __stop_strata_services}; }

}  // namespace
}  // namespace v1
}  // namespace strata
