// The best of a stream of scores that is never stored: each is drawn and
// pushed. What drawing them costs is measured alone, too.
//
//   quarry_top_k [SCORES [BUDGET]]     1,000,000,000 and 10,000

#include <cstdint>
#include <iostream>
#include <string>

#include "quarry/core/json.hpp"
#include "quarry/core/random.hpp"
#include "quarry/strategy/top_k.hpp"

#include "cost.hpp"

namespace {

/// In [0, 1), one of 2^32 numbers, so that some are equal.
double score(std::uint64_t bits) {
  return static_cast<double>(bits >> 32) * 0x1p-32;
}

int measure(std::size_t count, std::size_t budget) {
  std::uint64_t sum = 0;  // so that they are drawn at all
  const Cost drawn = cost_of([&] {
    quarry::RandomStream random(1);
    for (std::size_t i = 0; i < count; ++i) sum += random();
  });
  quarry::TopK top(budget);
  const Cost pushed = cost_of([&] {
    quarry::RandomStream random(1);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t bits = random();
      top.push({score(bits), bits, i});
    }
  });
  const double scores = static_cast<double>(count);
  const auto best = top.sorted();
  std::cout << quarry::to_line(quarry::Json{
                   {"contender", "quarry_top_k"},
                   {"scores", count},
                   {"budget", budget},
                   {"sum", sum},
                   {"last", best.empty() ? 0 : best.back().score},
                   {"cpu_seconds", pushed.cpu_seconds},
                   {"ns_a_score", 1e9 * pushed.cpu_seconds / scores},
                   {"ns_drawn", 1e9 * drawn.cpu_seconds / scores},
                   {"added_kib", pushed.added_kib}})
            << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return measure(argc > 1 ? std::stoull(argv[1]) : 1'000'000'000,
                   argc > 2 ? std::stoull(argv[2]) : 10'000);
  } catch (const std::exception& error) {
    std::cerr << "quarry_top_k: " << error.what() << '\n';
    return 2;
  }
}
