// The shortest complete DataSource: an id, a URI and bytes for every index.
//
// A pool of drawn images: sample i is an 8 by 8 grey picture in the PGM format
// with a diagonal stripe at i.

#include <iostream>
#include <string>

#include "quarry/data/concept.hpp"
#include "quarry/testing/check_source.hpp"

// [type]
struct Stripes {
  std::size_t size() const { return 8; }

  quarry::Sample sample(std::size_t i) const {
    const std::string id = "stripe-" + std::to_string(i);
    return {.id = id, .uri = "stripes:" + id};
  }

  quarry::Result<quarry::Bytes> read(std::size_t i) const {
    if (i == 5) {
      // What is wrong with one sample is a value, never an exception.
      return quarry::Failure{"file.not_found", "stripe-5 was never drawn"};
    }
    std::string image = "P5 8 8 255\n";
    for (std::size_t pixel = 0; pixel < 64; ++pixel) {
      image += (pixel / 8 + pixel % 8) % 8 == i ? '\xFF' : '\0';
    }
    return quarry::Bytes::take(image);
  }
};
// [type]

static_assert(quarry::DataSource<Stripes>);

int main() {
  const Stripes pool;
  const auto report = quarry::testing::check_source(pool);
  std::cout << "laws: " << (report.ok() ? "all hold\n" : report.text());

  for (std::size_t i = 4; i < 7; ++i) {
    const auto bytes = pool.read(i);
    std::cout << pool.sample(i).id << ": "
              << (bytes.ok() ? std::to_string(bytes->size()) + " bytes"
                             : bytes.error().message)
              << '\n';
  }
  return report.ok() ? 0 : 1;
}
