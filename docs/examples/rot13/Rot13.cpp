// SPDX-License-Identifier: Apache-2.0
#include <cstddef>

#include <strata/configurator/Options.h>
#include <strata/configurator/Service.h>
#include <strata/connection/Acceptor.h>
#include <strata/connection/Svc_Handler.h>

class Rot13 final : public strata::Svc_Handler {
 public:
  static constexpr auto first_speaker = strata::First_Speaker::client;
  struct Options {
    int shift = 13;
    static constexpr auto fields() {
      return std::array{strata::field<&Options::shift>("shift", "how far letters move").within(0, 25)};
    }
  };

  explicit Rot13(strata::Service& service) : shift_(service.options<Options>().shift) {}

 private:
  Result<> handle_data(Bytes data) override {
    for (std::byte& byte : data) byte = moved(std::to_integer<int>(byte));  // lent, and ours to change until then
    return put(data);
  }

  std::byte moved(int letter) const {
    for (const int first : {'a', 'A'}) {
      if (letter >= first && letter < first + 26) return std::byte(first + (letter - first + shift_) % 26);
    }
    return std::byte(letter);
  }

  int shift_;
};
STRATA_SERVICE(Acceptor<Rot13>, "rot13")
