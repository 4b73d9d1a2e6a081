// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

class Acceptor_Base;
class Dgram_Server_Base;
class Any_Options;
class Proactors;
class Service;
class Service_Object;
struct Field;
enum class First_Speaker : unsigned char;

/// Keys, and an object that holds their values; of a kind the defaults.
struct Option_Table {
  std::span<const Field> fields;
  const void* values;
};

/// The `Options` of a handler's class.
struct Own_Options {
  Option_Table (*table)();
  Any_Options (*make)();  ///< an object of them, with the defaults
};

/// For kinds that are an Acceptor<H> or an Asynch_Acceptor<H>.
struct Acceptor_Kind {
  std::unique_ptr<Acceptor_Base> (*make)(Service&, Proactors*);  ///< `by_operations`: not null
  First_Speaker first_speaker;
  bool by_operations;  ///< its handlers start operations, on buffers of their own
  const Own_Options* own = nullptr;  ///< null: H declares none
};

/// For kinds that are a Dgram_Server<H>.
struct Dgram_Kind {
  std::unique_ptr<Dgram_Server_Base> (*make)(Service&);
  bool reflects;
  const Own_Options* own = nullptr;  ///< null: H declares none
};

/// What a binary says of one kind of service that it holds; made by STRATA_SERVICE. Constant data: no code runs when a
/// binary is loaded.
struct Service_Kind {
  std::string_view name;  ///< as `kind:` has it
  std::unique_ptr<Service_Object> (*make)(const Service_Kind&);
  /// The keys that it takes beside those that every service has: those of the framework, then its own.
  std::vector<Option_Table> (*options)(const Service_Kind&);
  const Acceptor_Kind* acceptor = nullptr;  ///< null: it is none
  const Dgram_Kind* datagrams = nullptr;    ///< null: it is none
};

/// Where a binary keeps its kinds.
struct Kind_Section {
  const Service_Kind* const* begin;
  const Service_Kind* const* end;
};

/// The kinds of one binary, in the order of its linking.
using Service_Kinds = std::span<const Service_Kind* const>;

}  // namespace v1
}  // namespace strata
