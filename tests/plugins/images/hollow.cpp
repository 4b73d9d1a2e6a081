// SPDX-License-Identifier: Apache-2.0
// A plugin whose note tells of a kind, and which has none.
#include <strata/configurator/Service.h>

namespace {

constexpr strata::detail::Noted_Kind hollow() { return {"hollow"}; }
[[gnu::section(".note.strata"), gnu::used, gnu::aligned(4) STRATA_DETAIL_BARE]]
constinit const auto note = strata::detail::kind_note<&hollow>();

}  // namespace
