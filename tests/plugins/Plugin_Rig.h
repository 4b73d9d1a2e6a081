// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <cppunit/TestAssert.h>

#include <strata/concurrency/Reactor_Pool.h>
#include <strata/configurator/Config_Source.h>
#include <strata/configurator/Kind_Catalog.h>
#include <strata/configurator/Service_Repository.h>
#include <strata/os/File.h>
#include <strata/os/Process.h>
#include <strata/proactor/Proactors.h>
#include <strata/reactor/Reactor.h>
#include <strata/reactor/Reactor_Options.h>

namespace strata_test {

namespace fs = std::filesystem;
using namespace strata;

/// A folder of its own, with copies of plugins, and one repository of services over a catalog that knows none.
class Plugin_Rig {
 public:
  explicit Plugin_Rig(const std::string& demultiplexer = "auto")
      : reactor_(std::move(Reactor::open({.demultiplexer = demultiplexer}).value())) {
    fs::create_directory(folder_);
    fs::permissions(folder_, fs::perms{0755});
  }
  ~Plugin_Rig() {
    services_.reset();
    if (beside_ != nullptr) beside_->stop();
    for (Reactor* one : reactors()) one->end(errc::stopping);
    proactors_.reset();
    beside_.reset();
    fs::remove_all(folder_);
  }
  Plugin_Rig(const Plugin_Rig&) = delete;
  Plugin_Rig& operator=(const Plugin_Rig&) = delete;

  static std::string image(const std::string& name) {
    return os::read_file(STRATA_TEST_PLUGINS "/lib" + name + ".so", 1 << 26).value();
  }
  fs::path write(const std::string& name, const std::string& image, unsigned permissions = 0644) const {
    const fs::path path = folder_ / (name + ".so");
    std::ofstream{path, std::ios::binary} << image;
    fs::permissions(path, fs::perms{permissions});
    return path;
  }
  const fs::path& folder() const { return folder_; }

  /// "{ name: a, … }" is made the one service of a configuration file; what is wrong with it.
  std::string configure(const std::string& service) {
    std::ofstream{folder_ / "test.yaml"} << "[" + service + "]";
    const auto root = read_config({.file = (folder_ / "test.yaml").string()});
    CPPUNIT_ASSERT_MESSAGE(root ? "" : root.error().text(), root.has_value());
    std::vector<Service_Config> configs;
    errors_ = {};
    constexpr Field list{};
    Value_Type<std::vector<Service_Config>>::read(*root, list, configs, errors_);
    services_ = std::make_unique<Service_Repository>(Kind_Catalog{});
    services_->configure(configs, errors_);
    std::string text = errors_.text();
    for (std::size_t at; (at = text.find(folder_.string() + '/')) != text.npos;) {
      text.erase(at, folder_.string().size() + 1);
    }
    return text;
  }
  const Config_Errors& errors() const { return errors_; }
  Service_Repository& services() { return *services_; }
  Reactor& reactor() { return *reactor_; }

  /// From here on connections live in so many reactors beside, run by threads of their own.
  void spread(unsigned reactors) {
    Reactor_Options options;
    options.demultiplexer = reactor_->demultiplexer();
    beside_ = std::move(Reactor_Pool::open(*reactor_, reactors, options).value());
    CPPUNIT_ASSERT(beside_->start());
  }
  Reactor_Pool* beside() { return beside_.get(); }

  Outcome<> prepare() {
    Service_Context context{*reactor_, nullptr};
    if (beside_ != nullptr) context.serving = beside_->serving();
    if (proactors_ == nullptr) proactors_ = std::move(Proactors::open(reactors()).value());
    context.proactors = proactors_.get();
    return services_->prepare(context);
  }
  void start() {
    const Outcome<> prepared = prepare();
    CPPUNIT_ASSERT_MESSAGE(prepared ? "" : prepared.error().what, prepared.has_value());
    const Outcome<> started = services_->start();
    CPPUNIT_ASSERT_MESSAGE(started ? "" : started.error().what, started.has_value());
  }
  /// Runs the loop until all have stopped.
  void stop(Duration drain = std::chrono::seconds{5}) {
    bool stopped = false;
    services_->stop(drain, [&] {
      stopped = true;
      reactor_->stop();
    });
    if (!stopped) CPPUNIT_ASSERT(reactor_->run_for(std::chrono::seconds{60}));
    CPPUNIT_ASSERT(stopped);
  }

  /// How many mappings of the process carry that name.
  static int mappings(const std::string& name) {
    std::ifstream maps{"/proc/self/maps"};
    int count = 0;
    for (std::string line; std::getline(maps, line);) count += line.find("/memfd:" + name) != line.npos ? 1 : 0;
    return count;
  }

 private:
  std::vector<Reactor*> reactors() const {
    std::vector<Reactor*> all;
    if (beside_ != nullptr) all.assign(beside_->serving().begin(), beside_->serving().end());
    all.push_back(reactor_.get());
    return all;
  }

  fs::path folder_ = fs::temp_directory_path() / ("strata-plugins-" + std::to_string(os::process_id()));
  std::unique_ptr<Reactor> reactor_;
  std::unique_ptr<Reactor_Pool> beside_;
  std::unique_ptr<Proactors> proactors_;
  Config_Errors errors_;
  std::unique_ptr<Service_Repository> services_;
};

}  // namespace strata_test
