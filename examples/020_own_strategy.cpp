// A strategy of one's own beside a shipped one, on a pool made by the program.

#include <iostream>
#include <string>
#include <vector>

#include "quarry/core.hpp"
#include "quarry/data.hpp"
#include "quarry/decode.hpp"
#include "quarry/model.hpp"
#include "quarry/pipeline.hpp"
#include "quarry/strategy.hpp"

// [strategy]
struct Doubt : quarry::Pointwise<Doubt> {
  double score(const quarry::Prediction& p) const {
    return 1.0 - p.probabilities.maxCoeff();
  }
};
// [strategy]

namespace {

/// A thousand samples of four random bytes.
quarry::MemorySource noise() {
  quarry::RandomStream random(7);
  std::vector<quarry::MemorySource::Item> items;
  for (int i = 0; i < 1000; ++i) {
    std::vector<std::byte> bytes(4);
    for (std::byte& byte : bytes) {
      byte = static_cast<std::byte>(random.below(256));
    }
    const std::string id = "noise-" + std::to_string(i);
    items.push_back({{.id = id, .uri = "memory:" + id},
                     quarry::Bytes::take(std::move(bytes))});
  }
  return quarry::MemorySource(std::move(items));
}

void print(const char* name, const quarry::Selection& picked) {
  std::cout << name << ':';
  for (const auto& pick : picked) std::cout << ' ' << pick.id;
  std::cout << '\n';
}

}  // namespace

int main() {
  const auto pool = noise();
  const auto decoder = quarry::RawDecoder({.shape = {4}});
  const auto model = quarry::ToyModel({.input = {.shape = {4}}, .classes = 3});

  auto mine = quarry::Pipeline(pool, decoder, model, Doubt());
  print("doubt", mine.select(5));

  auto shipped =
      quarry::Pipeline(pool, decoder, model, quarry::LeastConfidence());
  print("least confidence", shipped.select(5));
}
