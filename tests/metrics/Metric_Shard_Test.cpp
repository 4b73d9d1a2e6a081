// SPDX-License-Identifier: Apache-2.0
#include <strata/metrics/Metric_Shard.h>

#include <mutex>
#include <set>

#include <cppunit/extensions/HelperMacros.h>

#include "Several_Threads.h"

namespace {

using namespace strata;

class Metric_Shard_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Metric_Shard_Test);
  CPPUNIT_TEST(a_thread_keeps_its_shard);
  CPPUNIT_TEST(as_many_threads_as_shards_share_none);
  CPPUNIT_TEST(shares_stand_in_cache_lines_of_their_own);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_thread_keeps_its_shard() { CPPUNIT_ASSERT_EQUAL(metric_shard(), metric_shard()); }
  void as_many_threads_as_shards_share_none() {
    std::mutex mutex;
    std::set<std::size_t> shards;
    on_threads(metric_shards, [&] {
      const std::size_t mine = metric_shard();
      const std::lock_guard lock{mutex};
      shards.insert(mine);
    });
    CPPUNIT_ASSERT_EQUAL(metric_shards, shards.size());
    CPPUNIT_ASSERT(*shards.rbegin() < metric_shards);
  }
  void shares_stand_in_cache_lines_of_their_own() {
    CPPUNIT_ASSERT_EQUAL(64 * metric_shards, sizeof(Sharded<long>));
    CPPUNIT_ASSERT_EQUAL(sizeof(long), sizeof(Owned<long>));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Metric_Shard_Test);

}  // namespace
