// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cstdint>
#include <string>

#include <strata/configurator/Options.h>
#include <strata/configurator/Service.h>
#include <strata/connection/Acceptor.h>
#include <strata/connection/Line_Handler.h>

/// Adds up numbers, one a line: "3" is answered with the sum so far, "bye" ends.
class Tally final : public strata::Line_Handler {
 public:
  static constexpr auto first_speaker = strata::First_Speaker::client;
  struct Options {
    std::int64_t start = 0;
    std::int64_t most = 1'000'000;
    static constexpr auto fields() {
      using strata::field;
      return std::array{field<&Options::start>("start", "the sum before the first number"),
                        field<&Options::most>("most", "the largest number that is taken").within(1, 1'000'000'000)};
    }
  };

  explicit Tally(strata::Service& service)
      : Line_Handler(64), sum_(service.options<Options>().start), most_(service.options<Options>().most) {}

 private:
  Result<> handle_line(std::string_view line) override {
    if (line == "bye") {
      close_when_flushed();
      return {};
    }
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    if (error != std::errc{} || end != line.data() + line.size()) return put("not a number\n");
    if (number < -most_ || number > most_) return put("too large\n");
    sum_ += number;
    return put(std::to_string(sum_) + '\n');
  }

  std::int64_t sum_;
  const std::int64_t most_;
};
STRATA_SERVICE(Acceptor<Tally>, "tally")
