// SPDX-License-Identifier: Apache-2.0
// The simulator's demultiplexer against epoll: each body runs over both and expects the same of them.
#include <strata/os/Waker.h>

#include "Both_Worlds.h"

namespace strata_test {

class Sim_Demultiplexer_Test : public Both_Worlds {
  CPPUNIT_TEST_SUITE(Sim_Demultiplexer_Test);
  CPPUNIT_TEST(a_level_is_reported_until_it_is_gone);
  CPPUNIT_TEST(only_what_is_wanted_is_reported);
  CPPUNIT_TEST(errors_and_hangups_are_reported_unasked);
  CPPUNIT_TEST(a_second_add_is_refused);
  CPPUNIT_TEST(what_was_never_added_is_unknown);
  CPPUNIT_TEST(removing_silences);
  CPPUNIT_TEST(closing_the_last_descriptor_removes);
  CPPUNIT_TEST(an_interest_outlives_its_number_while_a_duplicate_lives);
  CPPUNIT_TEST(a_number_is_reused_lowest_first);
  CPPUNIT_TEST(a_waker_wakes_once_for_many_wakes);
  CPPUNIT_TEST(a_batch_is_as_long_as_asked);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_level_is_reported_until_it_is_gone() {
    in_both([&] {
      const Handle_Pair pair = got(strata::os::socket_pair());
      const auto demultiplexer = watching(pair.first.get(), Interest::input);
      say(pair.second.get(), "x");
      expect_event(*demultiplexer, Ready::input);
      expect_event(*demultiplexer, Ready::input);
      expect_hear(pair.first.get(), "x");
      expect_event(*demultiplexer, 0);
    });
  }

  void only_what_is_wanted_is_reported() {
    in_both([&] {
      const Handle_Pair pair = got(strata::os::socket_pair());
      const auto demultiplexer = watching(pair.first.get(), Interest::input);
      expect_event(*demultiplexer, 0);
      expect("modify", demultiplexer->modify(pair.first.get(), Interest::output, 7));
      say(pair.second.get(), "x");
      expect_event(*demultiplexer, Ready::output);
      expect("modify", demultiplexer->modify(pair.first.get(), Interest::both, 7));
      expect_event(*demultiplexer, Ready::input | Ready::output);
    });
  }

  void errors_and_hangups_are_reported_unasked() {
    in_both([&] {
      Handle_Pair pair = got(strata::os::socket_pair());
      const auto demultiplexer = watching(pair.first.get(), Interest::none);
      say(pair.first.get(), "unread");
      pair.second.reset();
      expect_event(*demultiplexer, Ready::error | Ready::hangup);
    });
  }

  void a_second_add_is_refused() {
    in_both([&] {
      const Handle_Pair pair = got(strata::os::socket_pair());
      const auto demultiplexer = watching(pair.first.get(), Interest::input);
      expect("add", demultiplexer->add(pair.first.get(), Interest::input, 8), std::errc::file_exists);
    });
  }

  void what_was_never_added_is_unknown() {
    in_both([&] {
      const Handle_Pair pair = got(strata::os::socket_pair());
      const auto demultiplexer = watching(pair.first.get(), Interest::input);
      const Handle other = pair.second.get();
      expect("modify", demultiplexer->modify(other, Interest::input, 8), std::errc::no_such_file_or_directory);
      expect("remove", demultiplexer->remove(other), std::errc::no_such_file_or_directory);
      expect("add", demultiplexer->add(Handle{900}, Interest::input, 8), std::errc::bad_file_descriptor);
    });
  }

  void removing_silences() {
    in_both([&] {
      const Handle_Pair pair = got(strata::os::socket_pair());
      const auto demultiplexer = watching(pair.first.get(), Interest::output);
      expect("remove", demultiplexer->remove(pair.first.get()));
      expect_event(*demultiplexer, 0);
      expect("add", demultiplexer->add(pair.first.get(), Interest::output, 7));
      expect_event(*demultiplexer, Ready::output);
    });
  }

  void closing_the_last_descriptor_removes() {
    in_both([&] {
      Handle_Pair pair = got(strata::os::socket_pair());
      const Handle number = pair.first.get();
      const auto demultiplexer = watching(number, Interest::output);
      demultiplexer->forget(number);
      pair.first.reset();
      const Handle_Pair next = got(strata::os::socket_pair());
      CPPUNIT_ASSERT_MESSAGE(world_, next.first.get() == number);
      expect_event(*demultiplexer, 0);
      expect("add", demultiplexer->add(next.first.get(), Interest::output, 7));
    });
  }

  void an_interest_outlives_its_number_while_a_duplicate_lives() {
    in_both([&] {
      Handle_Pair pair = got(strata::os::socket_pair());
      const Handle number = pair.first.get();
      const auto demultiplexer = watching(number, Interest::output);
      const Unique_Handle copy = got(strata::os::duplicate(number));
      pair.first.reset();
      expect_event(*demultiplexer, Ready::output);
      expect("remove", demultiplexer->remove(number), std::errc::bad_file_descriptor);
    });
  }

  void a_number_is_reused_lowest_first() {
    in_both([&] {
      Unique_Handle low = socket(), high = socket();
      const Handle lowest = low.get(), highest = high.get();
      high.reset();
      low.reset();
      low = socket();
      high = socket();
      CPPUNIT_ASSERT_MESSAGE(world_, low.get() == lowest && high.get() == highest);
    });
  }

  void a_waker_wakes_once_for_many_wakes() {
    in_both([&] {
      strata::os::Waker waker = got(strata::os::Waker::open());
      const auto demultiplexer = got(strata::os::open_demultiplexer("epoll"));
      const bool edge = got(demultiplexer->add_waker(waker.handle(), 7));
      expect_event(*demultiplexer, 0);
      waker.wake();
      waker.wake();
      expect_event(*demultiplexer, Ready::input);
      if (!edge) waker.clear();
      expect_event(*demultiplexer, 0);
      waker.wake();
      expect_event(*demultiplexer, Ready::input);
    });
  }

  void a_batch_is_as_long_as_asked() {
    in_both([&] {
      const Handle_Pair pair = got(strata::os::socket_pair());
      const auto demultiplexer = watching(pair.first.get(), Interest::output);
      expect("add", demultiplexer->add(pair.second.get(), Interest::output, 8));
      Ready ready[2];
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, got(demultiplexer->wait(std::span{ready}.first(1), strata::Duration{})));
      CPPUNIT_ASSERT_EQUAL(std::size_t{2}, got(demultiplexer->wait(ready, strata::Duration{})));
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{15}, ready[0].token + ready[1].token);
    });
  }

 private:
  std::unique_ptr<strata::os::Demultiplexer> watching(Handle handle, Interest interest) const {
    auto demultiplexer = got(strata::os::open_demultiplexer("epoll"));
    expect("add", demultiplexer->add(handle, interest, 7));
    return demultiplexer;
  }

  /// Unix sockets deliver before the sender's call returns: no waiting is needed.
  void expect_event(strata::os::Demultiplexer& demultiplexer, unsigned wanted) const {
    Ready ready[4];
    const std::size_t count = got(demultiplexer.wait(ready, strata::Duration::zero()));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(world_, std::size_t{wanted != 0}, count);
    if (count == 0) return;
    CPPUNIT_ASSERT_EQUAL_MESSAGE(world_, names(wanted), names(ready[0].set));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(world_, std::uint64_t{7}, ready[0].token);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Sim_Demultiplexer_Test);

}  // namespace strata_test
