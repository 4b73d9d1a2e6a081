// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What the shared library offers to plugins and programs. It stands on the namespace of each public header, so that
/// all a header declares is offered and nothing else is: `inline namespace STRATA_EXPORT v1 {`. Where a
/// compiler does not see it so, the library offers all (tools/cmake/Strata.cmake). Source: GCC manual, "Namespace
/// Attributes".
#define STRATA_EXPORT [[gnu::visibility("default")]]
