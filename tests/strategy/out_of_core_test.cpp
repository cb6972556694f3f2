// Pools in mapped files: strategies that are to do with less memory than the
// pool's numbers take pick what they pick with any amount.

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "quarry/core/npy.hpp"
#include "quarry/strategy/any_strategy.hpp"
#include "quarry/strategy/registry.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "pools.hpp"
#include "temp_dir.hpp"

using namespace quarry;
using namespace quarry::test;

namespace {

constexpr std::size_t width = 512;
constexpr std::size_t classes = 10;

/// Embeddings in clusters and probabilities, in files.
struct MappedPool {
  MappedPool(std::size_t rows, DType type) {
    RandomStream random(61);
    const std::vector<double> centres = random_numbers(8 * width, random);
    NpyWriter h(dir / "h.npy", type, {rows, width});
    std::vector<float> row(width);
    for (std::size_t i = 0; i < rows; ++i) {
      const double* const centre = centres.data() + random.below(8) * width;
      for (std::size_t k = 0; k < width; ++k)
        row[k] = static_cast<float>(centre[k] + random.normal());
      h.write_row(i, row);
    }
    h.close();
    NpyWriter p(dir / "p.npy", type, {rows, classes});
    const std::vector<double> all = random_probabilities(rows, classes, random);
    p.write_rows(0, std::vector<float>(all.begin(), all.end()));
    p.close();
    embeddings = read_npy(dir / "h.npy");
    probabilities = read_npy(dir / "p.npy");
  }

  PoolView pool() const {
    return pool_of(probabilities.shape()[0],
                   {{inputs::embeddings, embeddings.view()},
                    {inputs::probabilities, probabilities.view()}},
                   {3, 14, 15, 92});
  }
  /// What a copy as floats would take.
  std::size_t floats() const { return embeddings.size() * sizeof(float); }

  TempDir dir;
  NpyArray embeddings;
  NpyArray probabilities;
};

std::vector<RankedPick> picks_of(const AnyStrategy& strategy,
                                 const PoolView& pool, std::size_t limit) {
  SelectContext context{
      .random = RandomStream(5), .memory_limit = limit, .threads = 1};
  return select_from(strategy, pool, 12, context).picks;
}

void check(const AnyStrategy& strategy, const MappedPool& mapped,
           std::size_t limit) {
  const PoolView pool = mapped.pool();
  const auto few = picks_of(strategy, pool, limit);
  const auto many = picks_of(strategy, pool, SelectContext().memory_limit);
  REQUIRE(few.size() == 12);
  REQUIRE(many.size() == 12);
  for (std::size_t i = 0; i < few.size(); ++i) {
    CHECK(few[i].index == many[i].index);
    CHECK((few[i].score == many[i].score ||
           (std::isnan(few[i].score) && std::isnan(many[i].score))));
  }
}

}  // namespace

TEST_CASE("Pools that are larger than memory are chosen from",
          "[out_of_core]") {
  const DType type = GENERATE(DType::f2, DType::f4);
  const MappedPool mapped(12'000, type);
  for (const char* name :
       {"margin", "entropy", "k_center", "badge", "k_means", "typiclust"}) {
    CAPTURE(name, type);
    check(make_strategy(name), mapped, mapped.floats() * 4 / 5);
  }
}

TEST_CASE("Facility location over few neighbours is one of these",
          "[out_of_core]") {
  const MappedPool mapped(4000, DType::f2);
  const AnyStrategy sparse =
      make_strategy("facility_location", {{"neighbours", "10"}});
  check(sparse, mapped, mapped.floats() * 9 / 10);
  const AnyStrategy whole = make_strategy("facility_location");
  CHECK(error_id([&] { picks_of(whole, mapped.pool(), mapped.floats()); }) ==
        "strategy.memory");
}
