// The shortest complete Decoder: a shape, and bytes that become one row of it.
//
// It reads binary PGM images (P5) of 8 by 8 grey pixels.

#include <algorithm>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/decode/concept.hpp"
#include "quarry/testing/check_decoder.hpp"

// [type]
struct PgmDecoder {
  quarry::SampleSpec spec() const { return {.shape = {8, 8, 1}}; }

  quarry::Result<void> decode(const quarry::Bytes& bytes,
                              std::span<std::byte> row) const {
    constexpr std::string_view header = "P5 8 8 255\n";
    if (!bytes.text().starts_with(header))
      return quarry::Failure{"decode.format", "not a PGM of 8 x 8 pixels"};
    if (bytes.size() != header.size() + row.size()) {
      return quarry::Failure{"decode.truncated",
                             "there are " +
                                 std::to_string(bytes.size() - header.size()) +
                                 " pixels, not 64"};
    }
    std::copy_n(bytes.data() + header.size(), row.size(), row.begin());
    return {};
  }
};
// [type]

static_assert(quarry::Decoder<PgmDecoder>);

int main() {
  const PgmDecoder decoder;
  const auto image =
      quarry::Bytes::take("P5 8 8 255\n" + std::string(64, '\x80'));
  const auto report = quarry::testing::check_decoder(decoder, {image});
  std::cout << "laws: " << (report.ok() ? "all hold\n" : report.text());

  std::vector<std::byte> row(decoder.spec().bytes());
  for (const std::size_t size : {75, 40, 5}) {
    const auto done = decoder.decode(image.slice(0, size), row);
    std::cout << size << " bytes: "
              << (done.ok() ? std::string("decoded") : done.error().message)
              << '\n';
  }
  return report.ok() ? 0 : 1;
}
