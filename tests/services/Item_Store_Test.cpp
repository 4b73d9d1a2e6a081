// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <string>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata_test/Scale.h>

#include "../../services/cache/Item_Store.h"

namespace {

using cache::Item;
using cache::Item_Store;

class Item_Store_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Item_Store_Test);
  CPPUNIT_TEST(what_is_put_is_found_until_it_is_removed);
  CPPUNIT_TEST(each_version_has_a_cas_of_its_own);
  CPPUNIT_TEST(a_value_that_is_too_large_is_refused);
  CPPUNIT_TEST(many_items_are_all_found);
  CPPUNIT_TEST(the_oldest_unused_make_room);
  CPPUNIT_TEST(what_is_used_stays);
  CPPUNIT_TEST(one_item_that_changes_its_size_pushes_no_other_out);
  CPPUNIT_TEST(expired_and_flushed_items_are_gone);
  CPPUNIT_TEST(the_memory_is_used_well_whatever_the_sizes);
  CPPUNIT_TEST(no_put_moves_much);
  CPPUNIT_TEST(it_is_a_map_that_forgets);
  CPPUNIT_TEST_SUITE_END();

  static constexpr std::size_t mib = 1024 * 1024;

  static bool put(Item_Store& store, const std::string& key, const std::string& value, std::uint32_t expires = 0) {
    Item* const item = store.put(key, value.size(), 0, expires);
    if (item != nullptr) std::memcpy(item->text() + item->key_size, value.data(), value.size());
    return item != nullptr;
  }
  static bool has(Item_Store& store, const std::string& key) { return store.find(key, false) != nullptr; }
  static std::string key(std::size_t i) { return "key" + std::to_string(i); }

 public:
  void what_is_put_is_found_until_it_is_removed() {
    Item_Store store{{mib, 1024}, 1};
    CPPUNIT_ASSERT(!has(store, "a"));
    CPPUNIT_ASSERT(put(store, "a", "one"));
    CPPUNIT_ASSERT(put(store, "b", ""));
    CPPUNIT_ASSERT_EQUAL(std::string{"one\r\n"}, std::string{store.find("a")->value_and_end()});
    CPPUNIT_ASSERT_EQUAL(std::string{"\r\n"}, std::string{store.find("b")->value_and_end()});
    CPPUNIT_ASSERT(put(store, "a", "another, longer"));
    CPPUNIT_ASSERT_EQUAL(std::string{"another, longer"}, std::string{store.find("a")->value()});
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, store.size());
    store.remove(*store.find("a"));
    CPPUNIT_ASSERT(!has(store, "a"));
    CPPUNIT_ASSERT_EQUAL(Item::bytes_for(1, 0), store.live_bytes());
  }

  void each_version_has_a_cas_of_its_own() {
    Item_Store store{{mib, 1024}, 1};
    put(store, "a", "1");
    const std::uint64_t first = store.find("a")->cas;
    put(store, "a", "2");
    const std::uint64_t second = store.find("a")->cas;
    store.renew(*store.find("a"));
    CPPUNIT_ASSERT(first < second && second < store.find("a")->cas);
  }

  void a_value_that_is_too_large_is_refused() {
    Item_Store store{{mib, 1000}, 1};
    CPPUNIT_ASSERT(put(store, "a", std::string(1000, 'x')));
    CPPUNIT_ASSERT(!put(store, "b", std::string(1001, 'x')));
    Item_Store small{{mib, 10 * mib}, 1};
    CPPUNIT_ASSERT_EQUAL(mib / 16, small.max_item());
  }

  void many_items_are_all_found() {
    Item_Store store{{64 * mib, 1024}, 1};
    const std::size_t count = 200'000;
    for (std::size_t i = 0; i < count; ++i) put(store, key(i), std::to_string(i));
    for (std::size_t i = 0; i < count; ++i) {
      const Item* item = store.find(key(i));
      CPPUNIT_ASSERT(item != nullptr && item->value() == std::to_string(i));
    }
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, store.counts().evicted);
  }

  void the_oldest_unused_make_room() {
    Item_Store store{{mib, 1024}, 1};
    std::size_t i = 0;
    while (store.counts().evicted == 0) put(store, key(i++), std::string(100, 'x'));
    CPPUNIT_ASSERT(!has(store, key(0)));
    CPPUNIT_ASSERT(has(store, key(store.counts().evicted)));
    CPPUNIT_ASSERT(has(store, key(i - 1)));
  }

  void what_is_used_stays() {
    Item_Store store{{mib, 1024}, 1};
    for (std::size_t i = 0; i < 100; ++i) put(store, "hot" + std::to_string(i), "value");
    for (std::size_t i = 0; i < 100'000; ++i) {
      put(store, key(i), std::string(100, 'x'));
      if (i % 1000 == 0) {
        for (std::size_t h = 0; h < 100; ++h) CPPUNIT_ASSERT(store.find("hot" + std::to_string(h)) != nullptr);
      }
    }
    CPPUNIT_ASSERT(store.counts().evicted > 90'000);
  }

  void one_item_that_changes_its_size_pushes_no_other_out() {
    Item_Store store{{mib, 2048}, 1};
    for (std::size_t i = 0; i < 1000; ++i) put(store, key(i), std::string(100, 'x'));  // a sixth of the memory
    for (std::size_t i = 0; i < 100'000; ++i) put(store, "changing", std::string(i % 2000, 'y'));
    for (std::size_t i = 0; i < 1000; ++i) CPPUNIT_ASSERT(has(store, key(i)));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, store.counts().evicted);
  }

  void expired_and_flushed_items_are_gone() {
    Item_Store store{{mib, 1024}, 1};
    store.set_time(100);
    put(store, "short", "1", 105);
    put(store, "long", "2", 0);
    store.set_time(104);
    CPPUNIT_ASSERT(has(store, "short"));
    store.set_time(105);
    CPPUNIT_ASSERT(!has(store, "short"));
    store.flush();
    CPPUNIT_ASSERT(!has(store, "long"));
    put(store, "long", "3");
    CPPUNIT_ASSERT(has(store, "long"));
  }

  void the_memory_is_used_well_whatever_the_sizes() {
    Item_Store store{{16 * mib, 64 * 1024}, 1};
    std::minstd_rand random{3};
    for (std::size_t i = 0; i < 300'000; ++i) {
      put(store, key(random() % 50'000), std::string(random() % (random() % 50 == 0 ? 60'000 : 600), 'x'));
    }
    CPPUNIT_ASSERT(store.live_bytes() > 16 * mib / 100 * 65);
    CPPUNIT_ASSERT(store.live_bytes() < 16 * mib);
  }

  void no_put_moves_much() {
    Item_Store store{{4 * mib, 1024}, 1};
    std::minstd_rand random{5};
    std::uint64_t most = 0;
    for (std::size_t i = 0; i < 400'000; ++i) {
      const std::uint64_t before = store.counts().moved;
      put(store, key(random() % 20'000), std::string(random() % 300, 'x'));
      static_cast<void>(store.find(key(random() % 20'000)));
      most = std::max(most, store.counts().moved - before);
    }
    CPPUNIT_ASSERT(store.counts().moved > 0);
    CPPUNIT_ASSERT(most <= 256 * 1024 / Item::bytes_for(4, 0));
  }

  /// Against a std::map: what is found is what was put last, and what is missing was evicted.
  void it_is_a_map_that_forgets() {
    Item_Store store{{mib, 4096}, 1};
    std::map<std::string, std::string> model;
    std::minstd_rand random{11};
    for (std::uint64_t i = 0, end = strata_test::count(100'000'000); i < end; ++i) {
      const std::string name = key(random() % 12'000);
      switch (random() % 8) {
        case 0:
          if (Item* item = store.find(name)) store.remove(*item);
          model.erase(name);
          break;
        case 1:
        case 2: {
          std::string value(random() % (random() % 20 == 0 ? 4000 : 200), static_cast<char>('a' + random() % 26));
          CPPUNIT_ASSERT(put(store, name, value));
          model[name] = std::move(value);
          break;
        }
        default: {
          const Item* item = store.find(name);
          const auto known = model.find(name);
          if (item == nullptr) {
            if (known != model.end()) model.erase(known);
          } else {
            CPPUNIT_ASSERT(known != model.end() && item->value() == known->second);
          }
        }
      }
    }
    CPPUNIT_ASSERT(store.size() <= model.size());
    CPPUNIT_ASSERT(store.counts().evicted > 0);
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Item_Store_Test);
