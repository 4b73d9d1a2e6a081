// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/Endpoint.h>

#include <string>
#include <utility>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/os/Operations.h>
#include <strata/os/Socket.h>
#include <strata/wrappers/Address_Text.h>

using namespace strata;

namespace {

using Scheme = Endpoint::Scheme;

struct Wrong {
  const char* text;
  std::size_t offset;
  const char* part;  // of the message
};

const Wrong wrong[] = {
    {"", 0, "starts with one of tcp://, udp://, unix://"},
    {"127.0.0.1:80", 0, "starts with one of"},
    {"TCP://a:1", 0, "starts with one of"},
    {" tcp://a:1", 0, "starts with one of"},
    {"tcp:/a:1", 0, "starts with one of"},
    {"tls://a:1", 0, "starts with one of"},
    {"tcp://", 6, "host is missing"},
    {"tcp://:80", 6, "host is missing"},
    {"tcp://a", 7, "port is missing"},
    {"tcp://a:", 8, "port must be"},
    {"tcp://a:65536", 8, "port must be"},
    {"tcp://a:99999999999999999999", 8, "port must be"},
    {"tcp://a:-1", 8, "port must be"},
    {"tcp://a:+1", 8, "port must be"},
    {"tcp://a:080", 8, "port must be"},
    {"tcp://a:0x50", 8, "port must be"},
    {"tcp://a:http", 8, "port must be"},
    {"tcp://a:80/", 8, "nothing may follow"},
    {"tcp://a:80 ", 8, "nothing may follow"},
    {"tcp://a:80?x", 8, "nothing may follow"},
    {"tcp://user@a:80", 10, "no user name"},
    {"tcp://user:password@a:80", 19, "no user name"},
    {"tcp://::1:80", 6, "brackets"},
    {"tcp://a:1:2", 6, "brackets"},
    {"tcp://[::1", 10, "']' is missing"},
    {"tcp://[", 7, "']' is missing"},
    {"tcp://[::1]", 11, "port is missing"},
    {"tcp://[::1]80", 11, "only :port"},
    {"tcp://[::1]]:80", 11, "only :port"},
    {"tcp://[]:80", 7, "not an IPv6 address"},
    {"tcp://[127.0.0.1]:80", 7, "not an IPv6 address"},
    {"tcp://[localhost]:80", 7, "not an IPv6 address"},
    {"tcp://[fe80::1%eth0]:80", 7, "interface's number"},
    {"tcp://[[::1]]:80", 7, "not an IPv6 address"},
    {"tcp://256.0.0.1:80", 6, "not an IPv4 address"},
    {"tcp://127.1:80", 6, "not an IPv4 address"},
    {"tcp://2130706433:80", 6, "not an IPv4 address"},
    {"tcp://0x7f.1:80", 6, "not an IPv4 address"},
    {"tcp://a.0x7f:80", 6, "not an IPv4 address"},
    {"tcp://1.2.3.4.:80", 6, "not an IPv4 address"},
    {"tcp://010.0.0.1:80", 6, "not an IPv4 address"},
    {"tcp://a..b:80", 8, "empty label"},
    {"tcp://.a:80", 6, "empty label"},
    {"tcp://.:80", 6, "empty label"},
    {"tcp://-a:80", 6, "'-'"},
    {"tcp://a-:80", 7, "'-'"},
    {"tcp://a-.b:80", 7, "'-'"},
    {"tcp://a b:80", 7, "not allowed"},
    {"tcp://*a:80", 6, "not allowed"},
    {"tcp://a/b:80", 7, "not allowed"},
    {"tcp://b\xc3\xbc"
     "cher:80",
     7, "not allowed"},
    {"tcp://a%2e:80", 7, "not allowed"},
    {"unix://", 7, "path is missing"},
    {"unix://run/x", 7, "absolute"},
    {"unix://@", 8, "name is missing"},
    {"fd://", 5, "descriptor must be"},
    {"fd://-1", 5, "descriptor must be"},
    {"fd://3a", 5, "descriptor must be"},
    {"fd://2147483648", 5, "descriptor must be"},
    {"systemd://", 10, "name is missing"},
    {"systemd://a:b", 11, "without ':'"},
    {"systemd://a\x7f", 11, "printable"},
    {"systemd://\xff", 10, "printable"},
};

std::string label_of_63() { return std::string(63, 'a'); }
std::string host_of_253() {
  return label_of_63() + '.' + label_of_63() + '.' + label_of_63() + '.' + std::string(61, 'b');
}

os::Resolve_Query asked;

os::Raw answer(const os::Resolve_Query& query, std::vector<os::Socket_Address>& addresses) {
  asked = query;
  if (query.host != "example.test") return -static_cast<os::Raw>(std::errc::host_unreachable);
  const std::uint8_t bytes[] = {192, 0, 2, 1};
  addresses = {os::Socket_Address::ipv4(bytes, query.port)};
  return 0;
}

}  // namespace

class Endpoint_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Endpoint_Test);
  CPPUNIT_TEST(internet_endpoints_give_host_and_port);
  CPPUNIT_TEST(other_endpoints_give_their_part);
  CPPUNIT_TEST(text_is_canonical_and_parses_back);
  CPPUNIT_TEST(errors_point_at_what_is_wrong);
  CPPUNIT_TEST(nul_bytes_are_refused);
  CPPUNIT_TEST(lengths_are_capped);
  CPPUNIT_TEST(equality_sees_every_part);
  CPPUNIT_TEST(literals_resolve_to_themselves);
  CPPUNIT_TEST(star_listens_on_both_families);
  CPPUNIT_TEST(star_and_port_0_are_no_destination);
  CPPUNIT_TEST(inherited_sockets_have_no_address);
  CPPUNIT_TEST(names_go_to_the_resolver_through_the_seam);
  CPPUNIT_TEST(failed_lookup_names_the_host);
  CPPUNIT_TEST_SUITE_END();

  static Endpoint parsed(const std::string& text) {
    auto endpoint = Endpoint::parse(text);
    if (!endpoint) CPPUNIT_FAIL(text + ": " + endpoint.error().what);
    return *endpoint;
  }

  static void expect_error(const std::string& text, std::size_t offset, const std::string& part) {
    const auto endpoint = Endpoint::parse(text);
    CPPUNIT_ASSERT_MESSAGE(text, !endpoint);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(text + ": " + endpoint.error().what, offset, endpoint.error().offset);
    CPPUNIT_ASSERT_MESSAGE(text + ": " + endpoint.error().what, endpoint.error().what.contains(part));
  }

  static std::vector<std::string> resolved(const std::string& text, bool passive) {
    std::vector<std::string> texts;
    const auto addresses = resolve(parsed(text), passive);
    CPPUNIT_ASSERT_MESSAGE(text, addresses);
    for (const os::Socket_Address& address : *addresses) texts.push_back(to_text(address));
    return texts;
  }

  static void expect_unresolvable(const std::string& text, bool passive, const std::string& what) {
    const auto addresses = resolve(parsed(text), passive);
    CPPUNIT_ASSERT_MESSAGE(text, !addresses);
    CPPUNIT_ASSERT_EQUAL(what, addresses.error().what);
    CPPUNIT_ASSERT(addresses.error().code);
  }

 public:
  void internet_endpoints_give_host_and_port() {
    const struct {
      const char* text;
      Scheme scheme;
      const char* host;
      std::uint16_t port;
    } table[] = {
        {"tcp://127.0.0.1:7007", Scheme::tcp, "127.0.0.1", 7007},
        {"tcp://[::1]:0", Scheme::tcp, "::1", 0},
        {"tcp://[2001:DB8::0:1]:65535", Scheme::tcp, "2001:db8::1", 65535},
        {"tcp://[fe80::1%2]:80", Scheme::tcp, "fe80::1%2", 80},
        {"tcp://*:80", Scheme::tcp, "*", 80},
        {"udp://*:53", Scheme::udp, "*", 53},
        {"udp://dns.example.org:53", Scheme::udp, "dns.example.org", 53},
        {"tcp://localhost:80", Scheme::tcp, "localhost", 80},
        {"tcp://Host-1.my_net.:80", Scheme::tcp, "Host-1.my_net.", 80},
        {"tcp://xn--bcher-kva.example:80", Scheme::tcp, "xn--bcher-kva.example", 80},
        {"tcp://3com.example:80", Scheme::tcp, "3com.example", 80},
        {"tcp://1.2.3.4.example:80", Scheme::tcp, "1.2.3.4.example", 80},
    };
    for (const auto& row : table) {
      const Endpoint endpoint = parsed(row.text);
      CPPUNIT_ASSERT_MESSAGE(row.text, endpoint.scheme() == row.scheme);
      CPPUNIT_ASSERT_EQUAL(std::string(row.host), endpoint.name());
      CPPUNIT_ASSERT_EQUAL(row.port, endpoint.port());
      CPPUNIT_ASSERT(endpoint.is_inet() && !endpoint.descriptor());
      CPPUNIT_ASSERT_EQUAL(endpoint.name() == "*", endpoint.is_any());
    }
  }

  void other_endpoints_give_their_part() {
    CPPUNIT_ASSERT_EQUAL(std::string("/run/echo.sock"), parsed("unix:///run/echo.sock").name());
    CPPUNIT_ASSERT_EQUAL(std::string("@echo"), parsed("unix://@echo").name());
    CPPUNIT_ASSERT(parsed("unix:///a").scheme() == Scheme::local && !parsed("unix:///a").is_inet());
    CPPUNIT_ASSERT(parsed("fd://3").descriptor() == os::Handle{3});
    CPPUNIT_ASSERT(parsed("fd://2147483647").descriptor() == os::Handle{2147483647});
    CPPUNIT_ASSERT_EQUAL(std::string("echo.socket 1"), parsed("systemd://echo.socket 1").name());
    CPPUNIT_ASSERT_EQUAL(std::uint16_t{0}, parsed("fd://3").port());
  }

  void text_is_canonical_and_parses_back() {
    const std::pair<const char*, const char*> table[] = {
        {"tcp://127.0.0.1:80", "tcp://127.0.0.1:80"},
        {"tcp://[0:0::0001]:0", "tcp://[::1]:0"},
        {"tcp://[FE80::1%2]:80", "tcp://[fe80::1%2]:80"},
        {"tcp://*:80", "tcp://*:80"},
        {"udp://a.b:1", "udp://a.b:1"},
        {"unix:///a/../b", "unix:///a/../b"},
        {"unix://@a:b@c", "unix://@a:b@c"},
        {"fd://0", "fd://0"},
        {"systemd://web", "systemd://web"},
    };
    for (const auto& [text, canonical] : table) {
      CPPUNIT_ASSERT_EQUAL(std::string(canonical), parsed(text).to_text());
      CPPUNIT_ASSERT(parsed(text) == parsed(canonical));
    }
  }

  void errors_point_at_what_is_wrong() {
    for (const Wrong& row : wrong) expect_error(row.text, row.offset, row.part);
  }

  void nul_bytes_are_refused() {
    using namespace std::string_literals;
    expect_error("tcp://a\0b:80"s, 7, "not allowed");
    expect_error("tcp://a:80\0"s, 8, "nothing may follow");
    expect_error("unix:///a\0b"s, 9, "NUL");
    expect_error("systemd://a\0"s, 11, "printable");
  }

  void lengths_are_capped() {
    CPPUNIT_ASSERT_EQUAL(std::size_t{253}, parsed("tcp://" + host_of_253() + ":1").name().size());
    expect_error("tcp://" + host_of_253() + "b:1", 259, "253");
    expect_error("tcp://" + label_of_63() + "a:1", 69, "63");
    CPPUNIT_ASSERT_EQUAL(std::size_t{107}, parsed("unix:///" + std::string(106, 'a')).name().size());
    expect_error("unix:///" + std::string(107, 'a'), 114, "107");
    CPPUNIT_ASSERT_EQUAL(std::size_t{255}, parsed("systemd://" + std::string(255, 'a')).name().size());
    expect_error("systemd://" + std::string(256, 'a'), 265, "255");
  }

  void equality_sees_every_part() {
    const Endpoint one = parsed("tcp://a:1");
    CPPUNIT_ASSERT(one == parsed("tcp://a:1"));
    for (const char* other : {"udp://a:1", "tcp://b:1", "tcp://a:2"}) CPPUNIT_ASSERT(!(one == parsed(other)));
  }

  void literals_resolve_to_themselves() {
    using Texts = std::vector<std::string>;
    CPPUNIT_ASSERT(resolved("tcp://127.0.0.1:80", false) == Texts{"127.0.0.1:80"});
    CPPUNIT_ASSERT(resolved("udp://[fe80::1%2]:80", false) == Texts{"[fe80::1%2]:80"});
    CPPUNIT_ASSERT(resolved("tcp://[::]:0", true) == Texts{"[::]:0"});
    CPPUNIT_ASSERT(resolved("unix:///run/a", true) == Texts{"/run/a"});
    CPPUNIT_ASSERT(resolved("unix://@a", false) == Texts{"@a"});
  }

  void star_listens_on_both_families() {
    CPPUNIT_ASSERT((resolved("tcp://*:80", true) == std::vector<std::string>{"[::]:80", "0.0.0.0:80"}));
  }

  void star_and_port_0_are_no_destination() {
    expect_unresolvable("tcp://*:80", false, "tcp://*:80: * is no destination");
    expect_unresolvable("tcp://127.0.0.1:0", false, "tcp://127.0.0.1:0: port 0 is no destination");
  }

  void inherited_sockets_have_no_address() {
    expect_unresolvable("fd://3", true, "fd://3: an inherited socket has no address");
    expect_unresolvable("systemd://web", true, "systemd://web: an inherited socket has no address");
  }

  void names_go_to_the_resolver_through_the_seam() {
    os::Operations table = os::native_operations();
    table.resolve = &answer;
    const os::Operations_Scope scope(table);
    CPPUNIT_ASSERT(resolved("tcp://example.test:80", true) == std::vector<std::string>{"192.0.2.1:80"});
    CPPUNIT_ASSERT(asked.passive && asked.family == os::Family::unspecified);
    CPPUNIT_ASSERT(resolved("tcp://example.test:80", false) == std::vector<std::string>{"192.0.2.1:80"});
    CPPUNIT_ASSERT(!asked.passive);
  }

  void failed_lookup_names_the_host() {
    os::Operations table = os::native_operations();
    table.resolve = &answer;
    const os::Operations_Scope scope(table);
    const auto code = std::make_error_code(std::errc::host_unreachable);
    expect_unresolvable("tcp://nowhere.test:80", false, fail(code, "resolve nowhere.test").error().what);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Endpoint_Test);
