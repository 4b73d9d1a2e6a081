// SPDX-License-Identifier: Apache-2.0
#include <strata/connection/Frame_Handler.h>

#include "Connection_Rig.h"

namespace {

using namespace strata_test;
using strata::Bytes;
using Prefix = strata::Frame_Handler::Prefix;
using Rig = Connection_Rig;

/// Sends each frame back, and stops after "stop".
template <Prefix prefix>
class Frames final : public strata::Frame_Handler {
 public:
  explicit Frames(strata::Service& service) : Frame_Handler(prefix, 300), stage_(static_cast<Stage&>(service)) {}
  Result<> open() override {
    last = this;
    return {};
  }
  Result<> handle_frame(Bytes frame) override {
    (stage_.received += '<').append(strata::as_text(frame)) += '>';
    if (strata::as_text(frame) == "stop") suspend();
    return put_frame(frame);
  }
  void handle_close(std::error_code reason) noexcept override { stage_.reasons.push_back(reason); }

  inline static Frames* last = nullptr;

 private:
  Stage& stage_;
};

std::string framed(std::size_t prefix, const std::string& text) {
  std::string frame;
  for (std::size_t i = prefix; i-- != 0;) frame += static_cast<char>(text.size() >> (8 * i));
  return frame + text;
}

class Frame_Handler_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Frame_Handler_Test);
  CPPUNIT_TEST(frames_of_each_prefix_come_back);
  CPPUNIT_TEST(frames_are_whole_however_they_arrive);
  CPPUNIT_TEST(a_frame_that_is_too_long_closes_before_it_arrives);
  CPPUNIT_TEST(a_suspended_handler_gets_the_rest_when_it_resumes);
  CPPUNIT_TEST(a_frame_that_the_prefix_cannot_tell_is_not_put);
  CPPUNIT_TEST_SUITE_END();

  template <Prefix prefix, class Body>
  static void with_client(Body body) {
    on_each_backend([&](Rig& rig) {
      rig.listen<Frames<prefix>>();
      auto& client = rig.knock();
      client.set_no_delay();
      rig.settle();
      body(rig, client);
    });
  }
  template <Prefix prefix>
  static void round_trip(std::size_t size) {
    with_client<prefix>([size](Rig& rig, Rig::Client& client) {
      const std::string text = framed(size, "one") + framed(size, "") + framed(size, std::string(200, 'x'));
      client.send(text);
      rig.expect_reply(client, text);
      CPPUNIT_ASSERT_EQUAL("<one><><" + std::string(200, 'x') + '>', rig.stage->received);
    });
  }

 public:
  void frames_of_each_prefix_come_back() {
    round_trip<Prefix::one_byte>(1);
    round_trip<Prefix::two_bytes>(2);
    round_trip<Prefix::four_bytes>(4);
  }

  void frames_are_whole_however_they_arrive() {
    with_client<Prefix::two_bytes>([](Rig& rig, Rig::Client& client) {
      const std::string text = framed(2, "one") + framed(2, std::string(260, 'y'));
      for (const char c : text) {
        client.send(std::string(1, c));
        rig.settle();
      }
      rig.expect_reply(client, text);
    });
  }

  void a_frame_that_is_too_long_closes_before_it_arrives() {
    with_client<Prefix::four_bytes>([](Rig& rig, Rig::Client& client) {
      client.send(std::string("\xff\xff\xff\xff", 4));
      rig.expect_closed(std::errc::message_size);
    });
  }

  void a_suspended_handler_gets_the_rest_when_it_resumes() {
    with_client<Prefix::one_byte>([](Rig& rig, Rig::Client& client) {
      client.send(framed(1, "stop") + framed(1, "more"));
      rig.settle();
      CPPUNIT_ASSERT_EQUAL(std::string{"<stop>"}, rig.stage->received);
      Frames<Prefix::one_byte>::last->resume();
      rig.expect_received("<stop><more>");
    });
  }

  void a_frame_that_the_prefix_cannot_tell_is_not_put() {
    with_client<Prefix::one_byte>([](Rig& rig, Rig::Client& client) {
      const std::string text(256, 'x');
      auto& handler = *Frames<Prefix::one_byte>::last;
      Rig::expect_error(std::errc::message_size, handler.put_frame(strata::as_bytes(text)));
      Rig::expect_ok(handler.put_frame(strata::as_bytes(text).first(255)));
      rig.expect_reply(client, framed(1, std::string(255, 'x')));
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Frame_Handler_Test);

}  // namespace
