// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Service.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/configurator/Linked_Kinds.h>
#include <strata/connection/Acceptor.h>
#include <strata/connection/Svc_Handler.h>
#include <strata/proactor/Asynch_Acceptor.h>
#include <strata/reactor/Reactor.h>

#include "Recorder.h"

namespace a_users_own {

template <class A, class B>
class Pair_Handler final : public strata::Svc_Handler {
  Result<> handle_data(Bytes) override { return {}; }
};

class Client_First final : public strata::Svc_Handler {
 public:
  static constexpr auto first_speaker = strata::First_Speaker::client;

 private:
  Result<> handle_data(Bytes) override { return {}; }
};

STRATA_SERVICE(Acceptor<Pair_Handler<int, char>>, "pair")
/// Works by operations.
class Worker final : public strata::Service_Handler {
 public:
  static constexpr auto first_speaker = strata::First_Speaker::server;
};

STRATA_SERVICE(Acceptor<Client_First>, "client, first")
STRATA_SERVICE(Asynch_Acceptor<Worker>, "worker")

}  // namespace a_users_own

STRATA_SERVICE(strata_test::Recorder, "recorder")

using namespace strata;

static_assert(std::is_trivially_destructible_v<Service_Kind>, "a descriptor is constant data");

class Service_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Service_Test);
  CPPUNIT_TEST(every_kind_of_a_binary_is_listed_once);
  CPPUNIT_TEST(a_kind_makes_an_acceptor_of_its_handler);
  CPPUNIT_TEST(a_kind_makes_an_acceptor_of_a_handler_with_operations);
  CPPUNIT_TEST(a_kind_knows_who_speaks_first);
  CPPUNIT_TEST(a_kind_that_is_no_acceptor_makes_its_own_object);
  CPPUNIT_TEST_SUITE_END();

  static const Service_Kind& kind(std::string_view name) {
    const Service_Kind* found = nullptr;
    for (const Service_Kind* one : linked_kinds()) {
      if (one->name != name) continue;
      CPPUNIT_ASSERT(found == nullptr);
      found = one;
    }
    CPPUNIT_ASSERT_MESSAGE(std::string{name}, found != nullptr);
    return *found;
  }

  void every_kind_of_a_binary_is_listed_once() {
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, linked_kinds().size());
    for (const char* name : {"pair", "client, first", "worker", "recorder"}) kind(name);
  }

  void a_kind_makes_an_acceptor_of_its_handler() {
    const auto reactor = Reactor::open();
    Service service{"test", **reactor};
    const std::unique_ptr<Acceptor_Base> made = kind("pair").acceptor->make(service, nullptr);
    CPPUNIT_ASSERT((dynamic_cast<Acceptor<a_users_own::Pair_Handler<int, char>>*>(made.get()) != nullptr));
  }

  void a_kind_makes_an_acceptor_of_a_handler_with_operations() {
    const auto reactor = Reactor::open();
    const auto proactors = Proactors::open(std::array{reactor->get()});
    Service service{"test", **reactor};
    const Acceptor_Kind& worker = *kind("worker").acceptor;
    CPPUNIT_ASSERT(worker.by_operations && !kind("pair").acceptor->by_operations);
    const std::unique_ptr<Acceptor_Base> made = worker.make(service, proactors->get());
    CPPUNIT_ASSERT(dynamic_cast<Asynch_Acceptor<a_users_own::Worker>*>(made.get()) != nullptr);
  }

  void a_kind_knows_who_speaks_first() {
    CPPUNIT_ASSERT(kind("worker").acceptor->first_speaker == First_Speaker::server);
    CPPUNIT_ASSERT(kind("pair").acceptor->first_speaker == First_Speaker::unknown);
    CPPUNIT_ASSERT(kind("client, first").acceptor->first_speaker == First_Speaker::client);
  }

  void a_kind_that_is_no_acceptor_makes_its_own_object() {
    const Service_Kind& recorder = kind("recorder");
    CPPUNIT_ASSERT(recorder.acceptor == nullptr);
    CPPUNIT_ASSERT(dynamic_cast<strata_test::Recorder*>(recorder.make(recorder).get()) != nullptr);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Service_Test);
