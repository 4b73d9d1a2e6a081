// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include <strata/configurator/Config_Error.h>
#include <strata/configurator/Config_Field.h>
#include <strata/configurator/Config_Node.h>
#include <strata/configurator/Service_Config.h>
#include <strata/connection/Acceptor_Options.h>
#include <strata/logging/Log_Options.h>
#include <strata/os/Clock.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

struct Shutdown_Config {
  Duration drain = std::chrono::seconds{10};
  static std::span<const Field> fields();
};

/// Which threads run the handlers.
enum class Concurrency_Model : std::uint8_t {
  single,            ///< one
  worker_pool,       ///< one waits, `workers` run the upcalls
  multi_reactor,     ///< one accepts, `reactors` others serve
  leader_followers,  ///< `threads` take turns at waiting
};

struct Concurrency_Config {
  Concurrency_Model model = Concurrency_Model::single;
  unsigned workers = 0;   ///< of a worker pool: 0 means 4; of a multi-reactor: who does what is offloaded
  unsigned reactors = 0;  ///< 0: as many as processors
  unsigned threads = 0;   ///< 0: as many as processors
  Accept_Mode accept = Accept_Mode::handoff;
  std::vector<unsigned> cores;  ///< that the threads it starts stay on, in turn; empty: any
  static std::span<const Field> fields();
};

/// How connections move their bytes.
enum class Proactor_Choice : std::uint8_t {
  none,       ///< on readiness
  automatic,  ///< a ring's completions, where the demultiplexer is one; else emulated
  io_uring,   ///< the ring is the demultiplexer, too
  emulated,   ///< operations over the demultiplexer
};

/// The `daemon:` part.
struct Daemon_Settings {
  std::string name = "stratad";
  std::string demultiplexer = "auto";
  Proactor_Choice proactor = Proactor_Choice::none;
  Duration spin{};              ///< poll so long before sleeping; 0: never
  Duration stall_limit = std::chrono::milliseconds{500};  ///< an upcall that takes longer is told of; 0: never
  std::size_t queue_limit = 0;  ///< bytes that all services may have queued for their peers; 0: no limit
  Concurrency_Config concurrency;
  Shutdown_Config shutdown;
  static std::span<const Field> fields();
};

/// A whole configuration file as plain values.
struct Daemon_Config {
  std::uint32_t version = 0;  ///< `strata:`
  std::vector<std::string> include;      ///< empty: read_config has put in what it names
  std::vector<std::string> environment;  ///< variables that ${…} may use (Config_Variables.h)
  Daemon_Settings daemon;
  Log_Options logging;
  Config_Error log_file_place;  ///< of `logging.file`, to be filled with what is wrong when it is opened
  std::vector<Service_Config> services;
  static std::span<const Field> fields();
};

/// Takes what it can from the tree and tells all that is wrong; the services' own options are not looked at.
Daemon_Config read_daemon_config(const Config_Node& root, Config_Errors& errors);

}  // namespace v1
}  // namespace strata
