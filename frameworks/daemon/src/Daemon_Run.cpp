// SPDX-License-Identifier: Apache-2.0
#include "Daemon_Run.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <strata/concurrency/Reactor_Pool.h>
#include <strata/concurrency/Stall_Detector.h>
#include <strata/concurrency/Thread_Pool.h>
#include <strata/connection/Budget.h>
#include <strata/log_sinks/Start_Logging.h>
#include <strata/logging/Log_System.h>
#include <strata/metrics/Metric_Registry.h>
#include <strata/os/Completion_Port.h>
#include <strata/os/Process.h>
#include <strata/os/Signal_Source.h>
#include <strata/os/Thread.h>
#include <strata/proactor/Completion_Transports.h>
#include <strata/proactor/Proactors.h>
#include <strata/reactor/Reactor.h>
#include <strata/reactor/Reactor_Options.h>
#include <strata/reactor/Signal_Handler.h>

#include "Reactor_Report.h"

namespace strata {
inline namespace v1 {
namespace {

constexpr unsigned default_workers = 4;
constexpr Duration log_patience = std::chrono::seconds{2};  // what a blocked log may hold up the end

Exit_Code complain(const std::string& line, Exit_Code code) {
  std::fputs((line + '\n').c_str(), stderr);
  return code;
}

/// Writes out the log at the end of its scope, whichever way that is left.
class Log_Scope {
 public:
  explicit Log_Scope(Log_System& logs) noexcept : logs_(logs) {}
  Log_Scope(const Log_Scope&) = delete;
  Log_Scope& operator=(const Log_Scope&) = delete;
  ~Log_Scope() { logs_.stop(log_patience); }

 private:
  Log_System& logs_;
};

class Run {
 public:
  Run(const Daemon_Config& config, std::unique_ptr<Service_Repository> services, Reactor& reactor,
      Reactor_Pool* serving, Thread_Pool* workers, Transports* transports, Proactors& proactors)
      : config_(config), reactor_(reactor), serving_(serving), workers_(workers), transports_(transports),
        proactors_(proactors),
        report_(reactor, serving == nullptr ? std::span<Reactor* const>{} : serving->serving()),
        services_(std::move(services)) {}

  Exit_Code serve();
  void on_signal(os::Signal signal);

 private:
  Exit_Code serve_to_the_end();
  Result<> listen_to_signals();
  Result<> start_threads();
  void turn_the_serving();
  Exit_Code await_end(Exit_Code code);
  void stop(Duration drain);
  void announce() const;
  void give_up();
  void loop_failed(Reactor& failed, std::error_code error);
  void tell_states();

  const Daemon_Config& config_;
  Reactor& reactor_;
  Reactor_Pool* serving_;  ///< null: the reactor serves alone
  Thread_Pool* workers_;   ///< null: handlers do all themselves
  Transports* transports_;  ///< null: readiness
  Proactors& proactors_;
  Budget budget_{config_.daemon.queue_limit == 0 ? Budget::unlimited : config_.daemon.queue_limit};
  Metric_Registry metrics_;
  Reactor_Report report_;
  Logger log_ = Log_System::process().logger("daemon");
  bool stopping_ = false;
  bool stopped_ = false;
  bool given_up_ = false;
  bool failed_ = false;
  std::unique_ptr<Service_Repository> services_;
  std::optional<Stall_Detector> stalls_;
  Timer turning_;
};

class Daemon_Signals final : public Signal_Handler {
 public:
  Daemon_Signals(os::Signal_Source source, Run& run) noexcept : Signal_Handler(std::move(source)), run_(run) {}

 private:
  Result<> handle_signal(os::Signal signal) override {
    run_.on_signal(signal);
    return {};
  }
  Run& run_;
};

Exit_Code Run::serve() {
  const Exit_Code code = serve_to_the_end();
  stalls_.reset();  // who owns the reactors may end them now
  return code;
}

Exit_Code Run::serve_to_the_end() {
  if (const Outcome<> published = report_.publish(metrics_); !published) {
    return complain(published.error().what, Exit_Code::internal);
  }
  Service_Context context{reactor_, &budget_, &metrics_};
  context.accept = config_.daemon.concurrency.accept;
  if (serving_ != nullptr) context.serving = serving_->serving();
  context.workers = workers_;
  context.transports = transports_;
  context.proactors = &proactors_;
  if (const Outcome<> prepared = services_->prepare(context); !prepared) {
    return complain(prepared.error().what, Exit_Code::unavailable);
  }
  // Only now: while names are looked up a signal ends the process, for nothing has begun.
  if (const Result<> listening = listen_to_signals(); !listening) {
    return complain("signals: " + listening.error().message(), Exit_Code::internal);
  }
  if (const Outcome<> started = services_->start(); !started) {
    complain(started.error().what, Exit_Code::unavailable);
    turn_the_serving();
    stop({});
    return await_end(Exit_Code::unavailable);
  }
  services_->when_all_failed([this] { give_up(); });
  if (const Result<> begun = start_threads(); !begun) {
    services_->stop({}, {});  // as below: without its threads no loop runs
    return complain("threads: " + begun.error().message(), Exit_Code::internal);
  }
  announce();
  return await_end(Exit_Code::success);
}

Result<> Run::start_threads() {
  if (const Duration limit = config_.daemon.stall_limit; limit > Duration::zero()) {
    stalls_.emplace(report_.reactors(), limit);
    if (const Result<> begun = stalls_->start(); !begun) return begun;
  }
  if (workers_ != nullptr) {
    if (const Result<> begun = workers_->start(); !begun) return begun;
  }
  if (const Result<> begun = reactor_.start_threads(); !begun) return begun;
  if (serving_ == nullptr) return {};
  serving_->when_failed([this](Reactor& failed, std::error_code error) { loop_failed(failed, error); });
  return serving_->start();
}

/// Their threads do not run: what stands in them comes to its end here.
void Run::turn_the_serving() {
  if (serving_ == nullptr) return;
  turning_ = reactor_.schedule({}, [this] {
    for (Reactor* one : serving_->serving()) (void)one->poll();
  }, std::chrono::milliseconds{1});
}

Result<> Run::listen_to_signals() {
  using enum os::Signal;
  Result<os::Signal_Source> signals = os::Signal_Source::open({interrupt, terminate, hangup, user1, user2});
  if (!signals) return fail(signals.error());
  const Result<Handler_Ref> adopted =
      reactor_.adopt(std::make_unique<Daemon_Signals>(std::move(*signals), *this), Event_Mask::input,
                     {.strand = Strand_Of::reactor});
  return adopted ? Result<>{} : fail(adopted.error());
}

Exit_Code Run::await_end(Exit_Code code) {
  if (stopped_) return code;
  if (const Result<> ran = reactor_.run(); !ran) {
    services_->stop({}, {});  // the reactor's end will close what no turn of the loop closes any more
    return complain("the loop failed: " + ran.error().message(), Exit_Code::internal);
  }
  if (failed_) return services_->stop({}, {}), Exit_Code::internal;
  return given_up_ ? Exit_Code::unavailable : code;
}

/// One that serves: its connections are lost; others take over what it has listened on. The process goes with the last.
void Run::loop_failed(Reactor& failed, std::error_code error) {
  log_.error("a reactor has failed", "index", report_.index_of(failed), "error", error, "handlers", failed.size());
  failed.end(error);
  if (!std::ranges::all_of(serving_->serving(), &Reactor::ended)) return;
  complain("the loops failed: " + error.message(), Exit_Code::internal);
  failed_ = true;
  reactor_.stop();
}

void Run::announce() const {
  std::string line = config_.daemon.name + " ready:";
  const char* separator = " ";
  for (const std::string& endpoint : services_->endpoints()) {
    line += std::exchange(separator, ", ") + endpoint;
  }
  complain(line, Exit_Code::success);
}

void Run::on_signal(os::Signal signal) {
  switch (signal) {
    case os::Signal::interrupt:
    case os::Signal::terminate:
      stop(std::exchange(stopping_, true) ? Duration{} : config_.daemon.shutdown.drain);
      break;
    case os::Signal::hangup:
      log_.info("the log opens its file anew", "signal", "HUP");
      Log_System::process().reopen();
      break;
    case os::Signal::user1: tell_states(); break;
    default: log_.info("a signal without a meaning", "signal", "USR2"); break;
  }
}

void Run::tell_states() {
  report_.write(log_);
  for (const Service_State& state : services_->states()) {
    log_.info("a service", "name", state.name, "state", to_text(state.phase), "failures", state.failures, "error",
              state.error);
  }
}

void Run::give_up() {
  complain("all services have failed", Exit_Code::unavailable);
  given_up_ = true;
  stop({});
}

void Run::stop(Duration drain) {
  log_.info("stopping", "drain", drain);
  services_->stop(drain, [this] {
    stopped_ = true;
    reactor_.stop();
  });
}

void raise_descriptor_limit(Logger log) {
  if (const Result<std::uint64_t> limit = os::raise_descriptor_limit()) {
    log.debug("descriptors", "limit", *limit);
  } else {
    log.warning("the limit on descriptors stays as it is", "error", limit.error());
  }
}

Exit_Code no_log(const Daemon_Config& config, const Error& error) {
  if (config.logging.file.empty()) return complain("logging: " + error.what, Exit_Code::internal);
  const Config_Error& place = config.log_file_place;
  return complain(Config_Error{place.file, place.mark, error.what}.text(), Exit_Code::configuration);
}

Reactor_Options reactor_options(const Daemon_Settings& daemon) {
  Reactor_Options options;
  options.demultiplexer = daemon.demultiplexer;
  if (daemon.proactor == Proactor_Choice::io_uring) options.demultiplexer = "io_uring";
  options.spin = daemon.spin;
  const Concurrency_Config& concurrency = daemon.concurrency;
  options.cores.assign(concurrency.cores.begin(), concurrency.cores.end());
  options.name = daemon.name;
  if (concurrency.model == Concurrency_Model::worker_pool) {
    options.dispatch = Dispatch::worker_pool;
    options.threads = concurrency.workers != 0 ? concurrency.workers : default_workers;
  } else if (concurrency.model == Concurrency_Model::leader_followers) {
    options.dispatch = Dispatch::leader_followers;
    options.threads = concurrency.threads != 0 ? concurrency.threads : os::processors();
  }
  return options;
}

Result<std::unique_ptr<Reactor_Pool>> open_pool(const Daemon_Settings& daemon, Reactor& main) {
  const unsigned asked = daemon.concurrency.reactors;
  Reactor_Options options = reactor_options(daemon);
  options.demultiplexer = main.demultiplexer();  // where that is another than was asked for, it has been said once
  return Reactor_Pool::open(main, asked != 0 ? asked : os::processors(), options);
}

/// Null where the model has none.
Result<std::unique_ptr<Thread_Pool>> open_workers(const Daemon_Settings& daemon) {
  const Concurrency_Config& concurrency = daemon.concurrency;
  if (concurrency.model != Concurrency_Model::multi_reactor || concurrency.workers == 0) return nullptr;
  Thread_Pool_Options options{.threads = concurrency.workers, .name = daemon.name + "-work"};
  options.cores.assign(concurrency.cores.begin(), concurrency.cores.end());
  return Thread_Pool::open(options);
}

/// Null where connections are served on readiness: as the configuration says, or for want of a ring, which has been
/// logged.
std::unique_ptr<Completion_Transports> open_transports(const Daemon_Settings& daemon, Reactor& main,
                                                       std::span<Reactor* const> reactors, Logger log) {
  const bool asked = daemon.proactor == Proactor_Choice::io_uring || daemon.proactor == Proactor_Choice::automatic;
  if (!asked || main.completion_port() == nullptr) return nullptr;
  Result<std::unique_ptr<Completion_Transports>> opened = Completion_Transports::open(reactors);
  if (opened) return std::move(*opened);
  log.warning("completions cannot be used here", "error", opened.error(), "instead", "emulated");
  return nullptr;
}

}  // namespace

Exit_Code run_services(const Daemon_Config& config, std::unique_ptr<Service_Repository> services) {
  Log_System& logs = Log_System::process();
  if (const Outcome<> logging = start_logging(logs, config.logging); !logging) {
    return no_log(config, logging.error());
  }
  const Log_Scope log_scope{logs};
  raise_descriptor_limit(logs.logger("daemon"));

  std::unique_ptr<Completion_Transports> transports;  // outlives the reactors, whose operations end last
  Result<std::unique_ptr<Reactor>> reactor = Reactor::open(reactor_options(config.daemon));
  if (!reactor) {
    return complain("demultiplexer " + config.daemon.demultiplexer + ": " + reactor.error().message(),
                    Exit_Code::internal);
  }
  std::unique_ptr<Reactor_Pool> serving;
  if (config.daemon.concurrency.model == Concurrency_Model::multi_reactor) {
    Result<std::unique_ptr<Reactor_Pool>> opened = open_pool(config.daemon, **reactor);
    if (!opened) return complain("reactors: " + opened.error().message(), Exit_Code::internal);
    serving = std::move(*opened);
  }
  Result<std::unique_ptr<Thread_Pool>> workers = open_workers(config.daemon);
  if (!workers) return complain("workers: " + workers.error().message(), Exit_Code::internal);
  std::vector<Reactor*> reactors{reactor->get()};
  if (serving != nullptr) reactors.insert(reactors.end(), serving->serving().begin(), serving->serving().end());
  transports = open_transports(config.daemon, **reactor, reactors, logs.logger("daemon"));
  const Result<std::unique_ptr<Proactors>> proactors = Proactors::open(
      reactors, {.engine = transports != nullptr ? Proactor_Engine::io_uring : Proactor_Engine::emulated});
  if (!proactors) return complain("proactors: " + proactors.error().message(), Exit_Code::internal);
  Run run{config, std::move(services), **reactor, serving.get(), workers->get(), transports.get(), **proactors};
  const Exit_Code code = run.serve();
  if (serving != nullptr) serving->stop();
  (*reactor)->stop();  // takes no posts any more: no worker waits to leave one
  if (*workers != nullptr) (*workers)->stop();
  // What is left goes before its service and its proactor, and these before their reactors: those that serve first.
  std::for_each(reactors.rbegin(), reactors.rend(), [](Reactor* one) { one->end(errc::stopping); });
  (*proactors)->end();
  return code;
}

}  // namespace v1
}  // namespace strata
