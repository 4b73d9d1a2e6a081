// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <random>
#include <set>

#include <strata/os/Demultiplexer.h>
#include <strata/os/File.h>

#include "Demultiplexer_Rig.h"
#include "Fault_Table.h"

namespace {

namespace os = strata::os;
using namespace std::chrono_literals;
using namespace strata_test;
using os::Interest;
using os::Ready;
using Rig = Demultiplexer_Rig;

/// The set of handles and the choice of the mechanism.
class Demultiplexer_Set_Test : public Os_Fixture {
  CPPUNIT_TEST_SUITE(Demultiplexer_Set_Test);
  CPPUNIT_TEST(each_name_opens_the_mechanism_of_its_name);
  CPPUNIT_TEST(a_name_of_nothing_is_refused);
  CPPUNIT_TEST(a_handle_is_added_once);
  CPPUNIT_TEST(an_unknown_handle_is_neither_modified_nor_removed);
  CPPUNIT_TEST(a_regular_file_is_refused);
  CPPUNIT_TEST(a_closed_handle_is_refused);
  CPPUNIT_TEST(select_refuses_what_does_not_fit_its_set);
  CPPUNIT_TEST(a_removed_handle_is_silent_and_can_come_back);
  CPPUNIT_TEST(a_forgotten_number_can_be_added_again);
  CPPUNIT_TEST(a_handle_closed_without_a_word_does_not_hide_the_others);
  CPPUNIT_TEST(no_handle_is_reported_twice_in_a_call);
  CPPUNIT_TEST(a_small_batch_starves_nobody);
  CPPUNIT_TEST(more_handles_than_a_batch_are_all_reported);
  CPPUNIT_TEST(random_changes_leave_the_set_as_a_model_has_it);
  CPPUNIT_TEST_SUITE_END();

 public:
  void each_name_opens_the_mechanism_of_its_name() {
    for (const std::string_view name : mechanisms()) {
      CPPUNIT_ASSERT(value_of(os::open_demultiplexer(name))->name() == name);
    }
    CPPUNIT_ASSERT(os::demultiplexer_names().front() == "auto");
    CPPUNIT_ASSERT(value_of(os::open_demultiplexer("auto"))->name() == mechanisms().front());
  }

  void a_name_of_nothing_is_refused() {
    expect_error(std::errc::invalid_argument, os::open_demultiplexer("wait"));
    expect_error(std::errc::invalid_argument, os::open_demultiplexer(""));
    expect_error(std::errc::not_supported, os::open_demultiplexer("kqueue"));
  }

  void a_handle_is_added_once() {
    on_each_mechanism([](Rig& rig) {
      rig.add(Interest::output, 1);
      expect_error(std::errc::file_exists, rig->add(rig.handle(), Interest::input, 2));
      rig.expect_ready(1, Ready::output);
    });
  }

  void an_unknown_handle_is_neither_modified_nor_removed() {
    on_each_mechanism([](Rig& rig) {
      expect_error(std::errc::no_such_file_or_directory, rig->modify(rig.handle(), Interest::input, 1));
      expect_error(std::errc::no_such_file_or_directory, rig->remove(rig.handle()));
    });
  }

  void a_regular_file_is_refused() {
    const os::File file = value_of(os::File::open("/proc/self/exe", os::Open_Mode::read));
    on_each_mechanism([&file](Rig& rig) {
      expect_error(std::errc::operation_not_permitted, rig->add(file.handle(), Interest::input, 1));
    });
  }

  void a_closed_handle_is_refused() {
    on_each_mechanism([](Rig& rig) {
      const os::Handle closed = value_of(os::socket_pair()).first.get();
      expect_error(std::errc::bad_file_descriptor, rig->add(closed, Interest::input, 1));
      expect_error(std::errc::bad_file_descriptor, rig->add(os::Handle{}, Interest::input, 1));
    });
  }

  void select_refuses_what_does_not_fit_its_set() {
    Rig rig{"select"};
    expect_error(std::errc::too_many_files_open, rig->add(os::Handle{1024}, Interest::input, 1));
    expect_error(std::errc::too_many_files_open, rig->add_waker(os::Handle{1'000'000}, 1));
    expect_error(std::errc::bad_file_descriptor, rig->add(os::Handle{1023}, Interest::input, 1));
  }

  void a_removed_handle_is_silent_and_can_come_back() {
    on_each_mechanism([](Rig& rig) {
      rig.add(Interest::output, 1);
      expect_done(rig->remove(rig.handle()));
      rig.expect_nothing();
      rig.add(Interest::output, 2);
      rig.expect_ready(2, Ready::output);
    });
  }

  void a_forgotten_number_can_be_added_again() {
    on_each_mechanism([](Rig& rig) {
      rig.add(Interest::output, 1);
      const os::Handle number = rig.handle();
      rig->forget(number);
      rig.pair.first.reset();
      auto next = value_of(os::socket_pair());  // the lowest free number: open(2)
      CPPUNIT_ASSERT(next.first.get() == number);
      rig.expect_nothing();
      expect_done(rig->add(number, Interest::output, 2));
      rig.expect_ready(2, Ready::output);
    });
  }

  void a_handle_closed_without_a_word_does_not_hide_the_others() {
    on_each_mechanism([](Rig& rig) {
      Crowd crowd{2};
      for (std::size_t i = 0; i < 2; ++i) expect_done(rig->add(crowd.handle(i), Interest::output, i));
      const os::Handle closed = crowd.handle(0);
      crowd.pairs[0].first.reset();
      std::set<std::uint64_t> broken;
      for (const Ready& ready : rig.wait()) {
        if ((ready.set & Ready::error) != 0) broken.insert(ready.token);
      }
      if (!rig.is("epoll")) {  // where the kernel keeps the set it forgets the handle by itself
        CPPUNIT_ASSERT(broken == std::set<std::uint64_t>{0});
        expect_done(rig->remove(closed));
      }
      rig.expect_ready(1, Ready::output);
    });
  }

  void no_handle_is_reported_twice_in_a_call() {
    on_each_mechanism([](Rig& rig) {
      Crowd crowd{5};
      for (std::size_t i = 0; i < 5; ++i) expect_done(rig->add(crowd.handle(i), Interest::both, i));
      crowd.all_peers_send();
      for (int i = 0; i < 3; ++i) {
        CPPUNIT_ASSERT(sorted_tokens(rig.wait(64)) == (std::vector<std::uint64_t>{0, 1, 2, 3, 4}));
        rig.wait(2);
      }
    });
  }

  void a_small_batch_starves_nobody() {
    on_each_mechanism([](Rig& rig) {
      Crowd crowd{9};
      for (std::size_t i = 0; i < 9; ++i) expect_done(rig->add(crowd.handle(i), Interest::input, i));
      crowd.all_peers_send();
      std::map<std::uint64_t, int> seen;
      for (int i = 0; i < 9; ++i) {
        for (const Ready& ready : rig.wait(4)) ++seen[ready.token];
      }
      CPPUNIT_ASSERT_EQUAL(std::size_t{9}, seen.size());
      for (const auto& [token, times] : seen) CPPUNIT_ASSERT_EQUAL(4, times);
    });
  }

  void more_handles_than_a_batch_are_all_reported() {
    on_each_mechanism([](Rig& rig) {
      Crowd crowd{300};
      for (std::size_t i = 0; i < 300; ++i) expect_done(rig->add(crowd.handle(i), Interest::output, i));
      std::set<std::uint64_t> seen;
      for (int i = 0; i < 2; ++i) {
        for (const Ready& ready : rig.wait(256)) seen.insert(ready.token);
      }
      CPPUNIT_ASSERT_EQUAL(std::size_t{300}, seen.size());
    });
  }

  void random_changes_leave_the_set_as_a_model_has_it() {
    const Crowd crowd{48};
    crowd.all_peers_send();
    on_each_mechanism([&crowd](Rig& rig) {
      std::mt19937 random{7};
      std::map<std::size_t, std::pair<Interest, std::uint64_t>> model;
      for (std::uint64_t step = 0; step < 4000; ++step) {
        const std::size_t index = random() % crowd.pairs.size();
        const auto interest = static_cast<Interest>(random() % 4);
        const bool known = model.contains(index);
        const bool removing = known && random() % 2 == 0;
        if (removing) {
          expect_done(rig->remove(crowd.handle(index)));
          model.erase(index);
        } else {
          expect_done(known ? rig->modify(crowd.handle(index), interest, step)
                            : rig->add(crowd.handle(index), interest, step));
          model[index] = {interest, step};
        }
        if (step % 16 == 0) expect_equal(model, rig.wait(64));
      }
    });
  }

 private:
  /// Every handle has data and room, so what is wanted is what is reported.
  static void expect_equal(const std::map<std::size_t, std::pair<Interest, std::uint64_t>>& model,
                           const std::vector<Ready>& ready) {
    std::map<std::uint64_t, int> expected, found;
    for (const auto& [index, wanted] : model) {
      if (any(wanted.first)) expected[wanted.second] = static_cast<int>(wanted.first);
    }
    for (const Ready& one : ready) found[one.token] = one.set;
    CPPUNIT_ASSERT(expected == found);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Demultiplexer_Set_Test);

}  // namespace
