// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/Shared_Memory.h>

#include <optional>
#include <string>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/os/Entropy.h>
#include <strata/os/Shared_Memory.h>
#include <strata_test/Child.h>
#include <strata_test/Descriptor_Guard.h>

using namespace strata;

namespace {

class Shared_Memory_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Shared_Memory_Test);
  CPPUNIT_TEST(who_opens_it_by_name_sees_the_same_bytes);
  CPPUNIT_TEST(it_is_made_once);
  CPPUNIT_TEST(a_removed_name_leaves_those_who_have_it);
  CPPUNIT_TEST(a_child_writes_into_what_has_no_name);
  CPPUNIT_TEST(a_descriptor_is_enough);
  CPPUNIT_TEST(one_that_is_not_sized_yet_is_told);
  CPPUNIT_TEST(bad_names_and_sizes_are_errors);
  CPPUNIT_TEST_SUITE_END();

  std::string name_ = "/strata-test-" + std::to_string(os::random_seed());
  std::optional<strata_test::Descriptor_Guard> descriptors_;

 public:
  void setUp() override { descriptors_.emplace(); }
  void tearDown() override {
    static_cast<void>(Shared_Memory::remove(name_));
    descriptors_->check();
  }

  void who_opens_it_by_name_sees_the_same_bytes() {
    Shared_Memory made = Shared_Memory::create(name_, 5000).value();
    Shared_Memory opened = Shared_Memory::open(name_).value();
    CPPUNIT_ASSERT_EQUAL(std::size_t{5000}, opened.size());
    made.bytes()[4999] = std::byte{7};
    CPPUNIT_ASSERT(opened.bytes()[4999] == std::byte{7});
  }
  void it_is_made_once() {
    const Shared_Memory made = Shared_Memory::create(name_, 100).value();
    CPPUNIT_ASSERT(Shared_Memory::create(name_, 100).error().code == std::errc::file_exists);
  }
  void a_removed_name_leaves_those_who_have_it() {
    Shared_Memory made = Shared_Memory::create(name_, 100).value();
    CPPUNIT_ASSERT(Shared_Memory::remove(name_));
    made.bytes()[0] = std::byte{1};
    CPPUNIT_ASSERT(Shared_Memory::open(name_).error().code == std::errc::no_such_file_or_directory);
    CPPUNIT_ASSERT(Shared_Memory::remove(name_).error() == std::errc::no_such_file_or_directory);
  }
  void a_child_writes_into_what_has_no_name() {
    Shared_Memory made = Shared_Memory::create(100).value();
    CPPUNIT_ASSERT_EQUAL(0, strata_test::in_a_child([&] {
                           made.bytes()[3] = std::byte{9};
                           return 0;
                         }));
    CPPUNIT_ASSERT(made.bytes()[3] == std::byte{9});
  }
  void a_descriptor_is_enough() {
    Shared_Memory made = Shared_Memory::create(100).value();
    made.bytes()[3] = std::byte{9};
    Shared_Memory other = Shared_Memory::open(os::duplicate(made.handle()).value()).value();
    CPPUNIT_ASSERT(other.bytes()[3] == std::byte{9});
  }
  void one_that_is_not_sized_yet_is_told() {
    CPPUNIT_ASSERT(os::open_shared_memory(name_, os::Shared_Open::create));
    CPPUNIT_ASSERT(Shared_Memory::open(name_).error().code == std::errc::resource_unavailable_try_again);
  }
  void bad_names_and_sizes_are_errors() {
    CPPUNIT_ASSERT(Shared_Memory::create("/a/b", 100).error().code == std::errc::invalid_argument);
    CPPUNIT_ASSERT(!Shared_Memory::create("/" + std::string(300, 'x'), 100));
    CPPUNIT_ASSERT(Shared_Memory::create(name_ + '\0' + "b", 100).error().code == std::errc::invalid_argument);
    CPPUNIT_ASSERT(Shared_Memory::remove(name_ + '\0').error() == std::errc::invalid_argument);
    CPPUNIT_ASSERT(Shared_Memory::create(name_, 0).error().code == std::errc::invalid_argument);
    CPPUNIT_ASSERT(Shared_Memory::create(name_, 100));  // the failure before has left no name
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Shared_Memory_Test);
