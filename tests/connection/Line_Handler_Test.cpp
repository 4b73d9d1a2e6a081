// SPDX-License-Identifier: Apache-2.0
#include <strata/connection/Line_Handler.h>

#include "Connection_Rig.h"

namespace {

using namespace strata_test;
using strata::Bytes;
using Rig = Connection_Rig;

/// Writes down what it gets: lines in <>, parts of blocks in [] with what is missing. A line "block N" announces one,
/// "stop" suspends, "bye" closes when flushed, "big" puts much.
class Lines final : public strata::Line_Handler {
 public:
  explicit Lines(strata::Service& service) : Line_Handler(32), stage_(static_cast<Stage&>(service)) {}
  Result<> open() override {
    last = this;
    return {};
  }
  Result<> handle_line(std::string_view line) override {
    (stage_.received += '<').append(line) += '>';
    if (line.starts_with("block ")) expect_block(static_cast<std::size_t>(std::atoi(line.data() + 6)));
    if (line == "stop") suspend();
    if (line == "bye") {
      close_when_flushed();
      return {};
    }
    if (line == "big") return put(std::string(200'000, 'x'));
    return line == "fail" ? strata::fail(std::errc::protocol_error) : put("ok ");
  }
  Result<> handle_block(Bytes part, std::size_t missing) override {
    (stage_.received += '[').append(strata::as_text(part)) += ':' + std::to_string(missing) + ']';
    return {};
  }
  Result<> handle_long_line() override {
    stage_.received += "<long>";
    return skips ? Result<>{} : Line_Handler::handle_long_line();
  }
  void handle_close(std::error_code reason) noexcept override { stage_.reasons.push_back(reason); }

  inline static Lines* last = nullptr;
  inline static bool skips = false;

 private:
  Stage& stage_;
};

class Line_Handler_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Line_Handler_Test);
  CPPUNIT_TEST(lines_end_with_lf_or_crlf);
  CPPUNIT_TEST(lines_are_whole_however_they_arrive);
  CPPUNIT_TEST(blocks_stand_between_lines);
  CPPUNIT_TEST(a_line_that_is_too_long_closes);
  CPPUNIT_TEST(a_line_that_is_too_long_can_be_skipped);
  CPPUNIT_TEST(a_suspended_handler_gets_the_rest_when_it_resumes);
  CPPUNIT_TEST(a_full_queue_holds_lines_back);
  CPPUNIT_TEST(no_line_follows_a_close);
  CPPUNIT_TEST(an_error_closes);
  CPPUNIT_TEST_SUITE_END();

  /// Sends the parts one by one; what was handled.
  static void expect(Rig& rig, Rig::Client& client, const std::vector<std::string>& parts, const std::string& handled) {
    for (const std::string& part : parts) {
      client.send(part);
      rig.settle();
    }
    CPPUNIT_ASSERT_EQUAL(handled, rig.stage->received);
  }
  template <class Body>
  static void with_client(Body body, const Rig_Options& options = {}) {
    Lines::skips = false;
    on_each_backend(options, [&](Rig& rig) {
      rig.listen<Lines>();
      auto& client = rig.knock();
      client.set_no_delay();
      rig.settle();
      body(rig, client);
    });
  }

 public:
  void lines_end_with_lf_or_crlf() {
    with_client([](Rig& rig, Rig::Client& client) {
      expect(rig, client, {"one\ntwo\r\n\n\r\na\rb\n"}, "<one><two><><><a\rb>");
      rig.expect_reply(client, "ok ok ok ok ok ");
    });
  }

  void lines_are_whole_however_they_arrive() {
    with_client([](Rig& rig, Rig::Client& client) {
      const std::string text = "one\r\ntwo\nblock 3\r\nabc\nend\n";
      std::vector<std::string> bytes;
      for (const char c : text) bytes.emplace_back(1, c);
      expect(rig, client, bytes, "<one><two><block 3>[a:2][b:1][c:0]<><end>");
    });
  }

  void blocks_stand_between_lines() {
    with_client([](Rig& rig, Rig::Client& client) {
      expect(rig, client, {"block 5\nab", "cde\nnext\nblock 0\nx\n"}, "<block 5>[ab:3][cde:0]<><next><block 0><x>");
    });
  }

  void a_line_that_is_too_long_closes() {
    with_client([](Rig& rig, Rig::Client& client) {
      expect(rig, client, {std::string(31, 'a') + '\n'}, '<' + std::string(31, 'a') + '>');
      rig.stage->received.clear();
      expect(rig, client, {std::string(16, 'b'), std::string(16, 'b')}, "<long>");
      rig.expect_closed(std::errc::message_size);
    });
  }

  void a_line_that_is_too_long_can_be_skipped() {
    with_client([](Rig& rig, Rig::Client& client) {
      Lines::skips = true;
      expect(rig, client, {std::string(100, 'a'), std::string(100, 'a'), "aa\nnext\n" + std::string(40, 'b') + "\nc\n"},
             "<long><next><long><c>");
    });
  }

  void a_suspended_handler_gets_the_rest_when_it_resumes() {
    with_client([](Rig& rig, Rig::Client& client) {
      expect(rig, client, {"one\nstop\ntwo\nthr"}, "<one><stop>");
      Lines::last->resume();
      expect(rig, client, {"ee\n"}, "<one><stop><two><three>");
    });
  }

  void a_full_queue_holds_lines_back() {
    Rig_Options options;
    options.stream.high_water = 100'000;
    options.stream.low_water = 10'000;
    with_client(
        [](Rig& rig, Rig::Client& client) {
          std::string many;
          for (int i = 0; i < 200; ++i) many += "big\n";
          client.send(many);
          rig.settle();
          CPPUNIT_ASSERT(Lines::last->queued() < 500'000);
          rig.until([&] { return client.read(), client.got.size() == 200 * std::size_t{200'000}; });
        },
        options);
  }

  void no_line_follows_a_close() {
    with_client([](Rig& rig, Rig::Client& client) {
      client.send("one\nbye\nmore\n");
      rig.expect_end(client);
      CPPUNIT_ASSERT_EQUAL(std::string{"<one><bye>"}, rig.stage->received);
      CPPUNIT_ASSERT_EQUAL(std::string{"ok "}, client.got);  // after close_when_flushed puts are refused
      client.close();
      rig.expect_closed(std::errc{});
    });
  }

  void an_error_closes() {
    with_client([](Rig& rig, Rig::Client& client) {
      expect(rig, client, {"one\nfail\nmore\n"}, "<one><fail>");
      rig.expect_closed(std::errc::protocol_error);
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Line_Handler_Test);

}  // namespace
