// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>

#include <cppunit/TestAssert.h>

namespace strata_test {

/// What a service counts of its handlers; may be read from any thread.
struct Hook_Counts {
  std::atomic<std::size_t> made{0}, freed{0}, opened{0}, closed{0}, overlaps{0}, late{0};

  void expect_one_close_each() const {
    CPPUNIT_ASSERT_EQUAL(opened.load(), closed.load());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, overlaps + late);
  }
};

/// Part of a handler, whose hooks `run` in it: two at once, or one after handle_close, are counted.
class Hook_Watch {
 public:
  explicit Hook_Watch(Hook_Counts& counts) : counts_(counts) { ++counts_.made; }
  ~Hook_Watch() { ++counts_.freed; }
  Hook_Watch(const Hook_Watch&) = delete;
  Hook_Watch& operator=(const Hook_Watch&) = delete;

  template <class Hook>
  auto run(Hook hook) {
    const Inside inside{*this};
    return hook();
  }
  template <class Hook>
  auto open(Hook hook) {
    ++counts_.opened;
    return run(hook);
  }
  template <class Hook>
  void close(Hook hook) {
    run([&] {
      hook();
      ++counts_.closed;  // for who waits until all that has been done
    });
    closed_ = true;
  }

 private:
  struct Inside {
    explicit Inside(Hook_Watch& of) : watch(of) {
      if (watch.inside_.exchange(true, std::memory_order_relaxed)) ++watch.counts_.overlaps;
      if (watch.closed_) ++watch.counts_.late;
    }
    ~Inside() { watch.inside_.store(false, std::memory_order_relaxed); }
    Hook_Watch& watch;
  };

  Hook_Counts& counts_;
  std::atomic<bool> inside_{false};
  bool closed_ = false;
};

}  // namespace strata_test
