// SPDX-License-Identifier: Apache-2.0
// Apart from Process_Mutex_Test, which misuses the mutex on purpose: ThreadSanitizer would say so.
#include <strata/wrappers/Process_Mutex.h>

#include <thread>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/wrappers/Shared_Memory.h>
#include <strata_test/Scale.h>

using namespace strata;

namespace {

class Process_Mutex_Threads_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Process_Mutex_Threads_Test);
  CPPUNIT_TEST(threads_count_under_it);
  CPPUNIT_TEST_SUITE_END();

 public:
  void threads_count_under_it() {
    Shared_Memory memory = Shared_Memory::create(4096).value();
    Process_Mutex mutex = Process_Mutex::make(memory.bytes()).value();
    const std::uint64_t each = strata_test::count(10'000'000);
    std::uint64_t sum = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (std::uint64_t n = 0; n < each; ++n) {
          CPPUNIT_ASSERT(mutex.lock());
          ++sum;
          CPPUNIT_ASSERT(mutex.unlock());
        }
      });
    }
    threads.clear();
    CPPUNIT_ASSERT_EQUAL(4 * each, sum);
    mutex.destroy();
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Process_Mutex_Threads_Test);
