// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>  // IWYU pragma: export

#include <strata/configurator/Config_Field.h>  // IWYU pragma: export
#include <strata/configurator/Config_Value.h>  // IWYU pragma: export
#include <strata/configurator/Folder.h>  // IWYU pragma: export
#include <strata/configurator/Secret.h>  // IWYU pragma: export

/// \file What a handler needs to declare options of its own, which stand in YAML beside `listen`:
///
///     class Rot13 final : public strata::Svc_Handler {
///      public:
///       struct Options {
///         int shift = 13;
///         static constexpr auto fields() {
///           return std::array{strata::field<&Options::shift>("shift", "how far letters move").within(0, 25)};
///         }
///       };
///       explicit Rot13(strata::Service& service) : shift_(service.options<Options>().shift) {}
///
/// The members' values are the defaults. The keys come after those of the framework in `--list-kinds`; a key that the
/// framework has too does not compile.
