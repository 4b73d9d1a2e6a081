// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string_view>

namespace strata {
inline namespace v1 {

class Acceptor_Base;
class Service;
class Service_Object;
struct Field;
enum class First_Speaker : unsigned char;

/// The keys that a kind of service takes beside `name` and `kind`, and an object that holds their defaults.
struct Option_Table {
  std::span<const Field> fields;
  const void* defaults;
};

/// For kinds that are an Acceptor<H>.
struct Acceptor_Kind {
  std::unique_ptr<Acceptor_Base> (*make)(Service&);
  First_Speaker first_speaker;
};

/// What a binary says of one kind of service that it holds; made by STRATA_SERVICE. Constant data: no code runs when a
/// binary is loaded.
struct Service_Kind {
  std::string_view name;  ///< as `kind:` has it
  std::unique_ptr<Service_Object> (*make)(const Service_Kind&);
  Option_Table (*options)();
  const Acceptor_Kind* acceptor = nullptr;  ///< null for a Service_Object of its own
};

/// The kinds of one binary, in the order of its linking.
using Service_Kinds = std::span<const Service_Kind* const>;

}  // namespace v1
}  // namespace strata
