// SPDX-License-Identifier: Apache-2.0
// A service of Service_Handlers in every model, with real threads, on both engines.
#include <strata/proactor/Asynch_Acceptor.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include <strata/os/File.h>
#include <strata_test/Temporary_Folder.h>

#include "Service_Models_Rig.h"
#include "Stops.h"

namespace {

using namespace strata_test;
using Rig = Service_Models_Rig;
using strata::Accept_Mode;
using strata::Completed;
using strata::Operation_Kind;
using strata::Pipe_Block;

bool is_spread(const Service_Model& model) { return model.reactors != 0; }

class Service_Models_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Service_Models_Test);
  CPPUNIT_TEST(each_serves_all);
  CPPUNIT_TEST(in_turn_and_by_load_all_have_as_many);
  CPPUNIT_TEST(by_load_the_emptiest_is_filled_up);
  CPPUNIT_TEST(the_cap_holds_for_all_reactors_together);
  CPPUNIT_TEST(a_drain_answers_and_ends_all);
  CPPUNIT_TEST(a_drain_sends_what_was_written);
  CPPUNIT_TEST(who_clings_is_cut_off);
  CPPUNIT_TEST(files_are_served_to_many_at_once);
  CPPUNIT_TEST(pipes_bring_every_byte_back);
  CPPUNIT_TEST(timers_complete_beside_the_bytes);
  CPPUNIT_TEST(stop_tokens_of_another_thread_lose_no_byte);
  CPPUNIT_TEST(an_end_under_load_completes_all);
  CPPUNIT_TEST_SUITE_END();

 public:
  void each_serves_all() {
    const std::string text = pattern(10'000);
    in_each_service_model([&](Rig& rig) {
      rig.start();
      rig.knock(12);
      expect_echoes(rig, text, 3);
      CPPUNIT_ASSERT_EQUAL(std::size_t{12}, rig.service->connections());
      rig.finish();
    });
  }

  void in_turn_and_by_load_all_have_as_many() {
    const auto equal = [](const Service_Model& model) {
      return is_spread(model) && (model.accept == Accept_Mode::handoff || model.accept == Accept_Mode::least_loaded);
    };
    in_service_models(equal, [](Rig& rig) {
      rig.start();
      rig.knock(20);
      const auto ten = [&](const strata::Reactor* one) { return rig.service->connections_in(*one) == 10; };
      until([&] { return std::ranges::all_of(rig.serving(), ten); });
      rig.finish();
    });
  }

  void by_load_the_emptiest_is_filled_up() {
    const auto by_load = [](const Service_Model& model) { return model.accept == Accept_Mode::least_loaded; };
    in_service_models(by_load, [](Rig& rig) {
      rig.start();
      for (int i = 0; i < 20; ++i) expect_echo(rig, rig.knock());
      for (std::size_t i = 0; i < 20; i += 2) rig.peers[i].close();  // all of one reactor
      until([&] { return rig.service->connections() == 10; });
      for (int i = 0; i < 10; ++i) expect_echo(rig, rig.knock());
      for (const strata::Reactor* one : rig.serving()) {
        CPPUNIT_ASSERT_EQUAL(std::size_t{10}, rig.service->connections_in(*one));
      }
      rig.finish();
    });
  }

  /// Whoever is served makes room by leaving: all are served in the end, and never more than five at once.
  void the_cap_holds_for_all_reactors_together() {
    in_each_service_model([](Rig& rig) {
      std::atomic<std::size_t> inside{0}, most{0};
      rig.service->on_open = [&](Party& party) {
        const std::size_t now = ++inside;
        for (std::size_t before = most; before < now && !most.compare_exchange_weak(before, now);) {
        }
        return party.read(4096);
      };
      rig.service->on_close = [&](Party&, std::error_code) { --inside; };
      rig.accept.max_connections = 5;
      rig.start();
      rig.knock(20);
      for (Peer& peer : rig.peers) rig.send(peer, "x");
      until([&] { return inside == 5; });
      std::size_t served = 0;
      until([&] {
        for (Peer& peer : rig.peers) {
          peer.read();
          if (!peer.handle() || peer.got.empty()) continue;
          ++served;
          peer.close();
        }
        return served == 20;
    });
      CPPUNIT_ASSERT_EQUAL(std::size_t{5}, most.load());
      rig.finish();
    });
  }

  void a_drain_answers_and_ends_all() {
    in_each_service_model([](Rig& rig) {
      rig.start();
      rig.knock(12);
      for (Peer& peer : rig.peers) expect_echo(rig, peer);
      for (Peer& peer : rig.peers) rig.send(peer, "last");
      drain(rig);
      for (Peer& peer : rig.peers) {
        rig.expect_end(peer);
        CPPUNIT_ASSERT_EQUAL(std::string{"last"}, peer.got);
      }
      until([&] { return rig.service->idle(); });
      rig.finish();
    });
  }

  void a_drain_sends_what_was_written() {
    const std::string all = pattern(4'000'000);  // more than a peer takes unasked
    in_each_service_model([&](Rig& rig) {
      rig.service->on_read = [&](Party& party, Completed&) {
        ++rig.events;
        return party.write(block_of(all));
      };
      rig.start();
      rig.knock(4);
      for (Peer& peer : rig.peers) rig.send(peer, "x");
      until([&] { return rig.events == 4; });
      drain(rig);
      for (Peer& peer : rig.peers) {
        rig.expect_end(peer);
        CPPUNIT_ASSERT(peer.got == all);
      }
      until([&] { return rig.service->idle(); });
      rig.finish();
    });
  }

  void who_clings_is_cut_off() {
    in_each_service_model([](Rig& rig) {
      rig.service->on_drain = [&](Party&) { ++rig.events; };
      rig.service->on_close = [&](Party&, std::error_code why) { rig.flag = rig.flag || why != errc::stopping; };
      rig.start();
      rig.knock(6);
      for (Peer& peer : rig.peers) expect_echo(rig, peer);
      drain(rig);
      until([&] { return rig.events == 6; });
      for (Peer& peer : rig.peers) expect_echo(rig, peer);  // it serves on, until its time is up
      rig.close_all();
      for (Peer& peer : rig.peers) rig.expect_end(peer);
      CPPUNIT_ASSERT(!rig.flag);
      rig.finish();
    });
  }

  void files_are_served_to_many_at_once() {
    const Temporary_Folder folder;
    const std::string all = pattern(300'000);
    std::ofstream{folder / "all", std::ios::binary} << all;
    const os::Unique_Handle opened = *os::open_folder(folder / "");
    in_each_service_model([&](Rig& rig) {
      serve_a_file(*rig.service, opened.get());
      rig.start();
      rig.knock(6);
      for (int round = 0; round < 4; ++round) {
        for (Peer& peer : rig.peers) rig.send(peer, "x");
        for (Peer& peer : rig.peers) rig.expect(peer, all);
      }
      rig.finish();
    });
  }

  void pipes_bring_every_byte_back() {
    const std::string text = pattern(100'000);
    in_each_service_model([&](Rig& rig) {
      rig.service->on_open = [](Party& party) { return party.read(*Pipe_Block::make()); };
      rig.service->on_read = [](Party& party, Completed& got) { return party.write(std::move(got.pipe)); };
      rig.service->on_write = [](Party& party, Completed& gone) { return party.read(std::move(gone.pipe)); };
      rig.start();
      rig.knock(6);
      expect_echoes(rig, text, 3);
      rig.finish();
    });
  }

  /// A byte is answered when a timer of the connection has come, while others of it run on or are canceled.
  void timers_complete_beside_the_bytes() {
    in_each_service_model([](Rig& rig) {
      rig.service->on_open = [](Party& party) { return start_timers(party); };
      rig.service->on_read = [](Party& party, Completed& got) {
        party.kept = std::move(got.block);
        return party.wait(1ms);
      };
      rig.service->on_done = [](Party& party, Completed&) { return party.write(std::move(party.kept)); };
      rig.service->on_failure = [&](Party&, Completed& failed) {
        if (failed.kind == Operation_Kind::timer) ++rig.events;
        return failed.error == errc::canceled ? Result<>{} : strata::fail(failed.error);
      };
      rig.start();
      rig.knock(8);
      for (int round = 0; round < 10; ++round) {
        for (Peer& peer : rig.peers) rig.send(peer, "x");
        for (Peer& peer : rig.peers) rig.expect(peer, "x");
      }
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{8}, rig.events.load());  // those that were canceled at once
      rig.finish();
    });
  }

  /// Each read has a token, and another thread stops some all the time; a read that was stopped is made anew.
  void stop_tokens_of_another_thread_lose_no_byte() {
    const std::string text = pattern(50'000);
    in_each_service_model([&](Rig& rig) {
      Stops stops;
      const auto read_on = [&stops](Party& party) { return party.read(4096, {.stop = stops.token()}); };
      rig.service->on_open = read_on;
      rig.service->on_write = [&](Party& party, Completed&) { return read_on(party); };
      rig.service->on_failure = [&](Party& party, Completed& failed) {
        if (failed.error != errc::canceled) return Result<>{strata::fail(failed.error)};
        ++rig.events;
        return read_on(party);
      };
      rig.start();
      rig.knock(6);
      std::jthread stopper{[&stops](const std::stop_token& over) {
        for (; !over.stop_requested(); std::this_thread::yield()) stops.stop();
      }};
      until([&] { return rig.events >= 100; });
      expect_echoes(rig, text, 4);
      stopper.request_stop();
      stopper.join();
      rig.finish();
    });
  }

  /// Threads end while peers send, timers run and files are read; what is left ends with the reactors.
  void an_end_under_load_completes_all() {
    const Temporary_Folder folder;
    std::ofstream{folder / "all", std::ios::binary} << pattern(200'000);
    const os::Unique_Handle opened = *os::open_folder(folder / "");
    in_each_service_model([&](Rig& rig) {
      serve_a_file(*rig.service, opened.get());
      rig.service->on_open = [](Party& party) { return start_timers(party); };
      rig.start();
      rig.knock(8);
      for (Peer& peer : rig.peers) {
        rig.send(peer, "x");
        until([&] { return peer.read(1), !peer.got.empty(); });
      }
      for (int i = 0; i < 200; ++i) {
        Peer& peer = rig.peers[static_cast<std::size_t>(i) % 8];
        (void)peer.push("x");
        peer.read(30'000);
      }
      rig.stop();
      rig.expect_all_complete();
    });
  }

 private:
  static void expect_echo(Rig& rig, Peer& peer) {
    rig.send(peer, "x");
    rig.expect(peer, "x");
  }
  static void expect_echoes(Rig& rig, std::string_view text, int rounds) {
    for (int round = 0; round < rounds; ++round) {
      for (Peer& peer : rig.peers) rig.send(peer, text);
      for (Peer& peer : rig.peers) rig.expect(peer, text);
    }
  }
  static void drain(Rig& rig) {
    rig.at_home([&rig] {
      rig.close_acceptor();
      rig.service->drain();
    });
  }
  /// One that is far off, one that is canceled at once, and a read.
  static Result<> start_timers(Party& party) {
    Operation canceled;
    for (const Result<>& begun : {party.wait(1h), party.wait(1h, {.started = &canceled})}) {
      if (!begun) return begun;
    }
    party.cancel(canceled);
    return party.read(4096);
  }
  /// Each byte is answered by the file, opened anew.
  static void serve_a_file(Party_Service& service, os::Handle folder) {
    service.on_read = [folder](Party& party, Completed&) {
      return party.open_file(folder, "all", os::Open_Mode::read);
    };
    service.on_done = [](Party& party, Completed& done) {
      if (done.kind == Operation_Kind::open) {
        party.file = std::move(done.handle);
        return party.status(party.file.get());
      }
      if (done.kind != Operation_Kind::status) return Result<>{};
      return party.send_file(party.file.get(), 0, done.status.size);
    };
    service.on_write = [](Party& party, Completed&) {
      if (const Result<> closing = party.close_file(std::move(party.file)); !closing) return closing;
      return party.read(1);
    };
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Service_Models_Test);

}  // namespace
