#include "quarry/strategy/hybrid/drop_query.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <stop_token>
#include <vector>

#include "quarry/strategy/registry.hpp"

#include "../lloyd.hpp"
#include "../with_head.hpp"
#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;

namespace {

/// The share of passes that disagree, by the definition.
double share(const test::WithHead& data, std::size_t row,
             const std::vector<std::uint8_t>& masks, double scale) {
  const std::size_t passes = masks.size() / data.h.size();
  const std::vector<double> h = data.row(row);
  int others = 0;
  for (std::size_t k = 0; k < passes; ++k) {
    std::vector<double> kept;
    for (std::size_t d = 0; d < data.width; ++d) {
      const bool dropped = masks[(k * data.rows + row) * data.width + d] != 0;
      kept.push_back(dropped ? 0.0 : scale * h[d]);
    }
    others += data.favoured(kept) != data.favoured(h);
  }
  return others / static_cast<double>(passes);
}

DropQuery<> to_the_end(const DropQueryOptions& options) {
  return DropQuery<>(options, {.options = {.tolerance = 0}});
}

}  // namespace

static_assert(SetStrategy<DropQuery<>>);
// Its clusterer is deduced.
static_assert(
    std::same_as<decltype(DropQuery(DropQueryOptions(), WeightedKMeans())),
                 DropQuery<WeightedKMeans>>);
static_assert(!PointwiseStrategy<DropQuery<>>);

TEST_CASE("Dropout queries are their definition", "[drop_query]") {
  RandomStream random(71);
  int clustered = 0, filled = 0;
  for (int trial = 0; trial < 30; ++trial) {
    CAPTURE(trial);
    const std::size_t passes = 1 + random.below(5);
    test::WithHead data(30 + random.below(60), 5, 3, random);
    std::vector<std::uint8_t> masks(passes * data.h.size());
    for (std::uint8_t& m : masks) m = random.below(3) == 0;
    const std::size_t budget = 3 + random.below(12);
    const auto start = test::random_numbers(budget * data.width, random);
    const std::vector<std::size_t> labelled = {2, 11};
    const double scale = 1.0 + 0.5 * static_cast<double>(random.below(3));
    std::vector<NamedArray> inputs = data.inputs();
    inputs.push_back(
        {inputs::dropout_masks,
         ArrayView(masks.data(), {passes, data.rows, data.width})});
    inputs.push_back({inputs::init_centroids,
                      ArrayView(start.data(), {budget, data.width})});
    const PoolView pool = test::pool_of(data.rows, inputs, labelled);
    SelectContext context{.ties = Ties::index, .threads = 3};
    const auto picks = to_the_end({.threshold = 0.4, .scale = scale})
                           .select(pool, budget, context);

    std::vector<std::size_t> kept;
    std::vector<std::size_t> all(pool.candidates().begin(),
                                 pool.candidates().end());
    for (const std::size_t row : all) {
      if (share(data, row, masks, scale) > 0.4) kept.push_back(row);
    }
    if (kept.size() > budget) {
      test::Lloyd lloyd{.rows = {},
                        .weights = std::vector<double>(kept.size(), 1.0),
                        .centroids = test::rows_of_width(start, data.width)};
      for (const std::size_t row : kept) lloyd.rows.push_back(data.row(row));
      lloyd.run();
      CHECK(lloyd.are_nearest_distinct(
          test::places_in(kept, test::rows_of(picks))));
      ++clustered;
    } else {
      std::stable_sort(
          all.begin(), all.end(), [&](std::size_t a, std::size_t b) {
            return share(data, a, masks, scale) > share(data, b, masks, scale);
          });
      all.resize(budget);
      CHECK(test::rows_of(picks) == all);
      ++filled;
    }
    for (const RankedPick& pick : picks) {
      CHECK(pick.score == share(data, pick.index, masks, scale));
    }
  }
  CHECK(clustered > 5);
  CHECK(filled > 5);
}

TEST_CASE("Masks are drawn at their rate, by the key of the row",
          "[drop_query]") {
  // Without its feature a row is of the other class.
  RandomStream random(72);
  test::WithHead data(2000, 1, 2, random);
  std::fill(data.h.begin(), data.h.end(), 1.0);
  data.weight = {1.0, -1.0};
  data.bias = {0.0, 0.1};
  const PoolView pool = test::pool_of(data.rows, data.inputs());
  for (const double rate : {0.0, 0.3, 0.75, 1.0}) {
    SelectContext context;
    double sum = 0.0;
    for (const RankedPick& pick : DropQuery<>({.rate = rate, .threshold = 1.0})
                                      .select(pool, data.rows, context)) {
      sum += pick.score;
    }
    CHECK(std::abs(sum / 2000.0 - rate) < 0.03);
  }
}

TEST_CASE("What dropout queries cannot do is refused", "[drop_query]") {
  RandomStream random(73);
  const test::WithHead data(9, 4, 3, random);
  const auto refused = [](const DropQueryOptions& options) {
    return test::error_id([&] { DropQuery<>{options}; }) ==
           "strategy.bad_param";
  };
  CHECK(refused({.passes = 0}));
  CHECK(refused({.rate = 1.5}));
  CHECK(refused({.threshold = -0.1}));
  CHECK(refused({.scale = 0.0}));
  for (const char* key : {"passes", "rate", "threshold", "scale", "tol"}) {
    CHECK(test::error_id([&] {
            make_strategy("drop_query", {{key, "-1"}});
          }) == "strategy.bad_param");
  }
  const auto id = [&](std::vector<NamedArray> inputs, SelectContext context) {
    return test::error_id([&] {
      DropQuery<>().select(test::pool_of(9, std::move(inputs)), 3, context);
    });
  };
  CHECK(id(data.inputs(), {.memory_limit = 10}) == "strategy.memory");
  std::vector<NamedArray> inputs = data.inputs();
  const std::vector<std::uint8_t> masks(3 * 9 * 5);
  inputs.push_back({inputs::dropout_masks, ArrayView(masks.data(), {3, 9, 5})});
  CHECK(id(inputs, {}) == "strategy.input_shape");
  std::stop_source source;
  source.request_stop();
  SelectContext context{.stop = source.get_token()};
  CHECK(DropQuery<>()
            .select(test::pool_of(9, data.inputs()), 3, context)
            .empty());
}

TEST_CASE("A head that does not fit is refused", "[drop_query]") {
  RandomStream random(74);
  test::WithHead data(9, 4, 3, random);
  const auto id = [&](std::size_t rows, std::size_t columns,
                      std::size_t biases) {
    return test::error_id([&] {
      SelectContext context;
      DropQuery<>().select(
          test::pool_of(
              9, {{inputs::embeddings, ArrayView(data.h.data(), {9, 4})},
                  {inputs::head_weight,
                   ArrayView(data.weight.data(), {rows, columns})},
                  {inputs::head_bias, ArrayView(data.bias.data(), {biases})}}),
          3, context);
    });
  };
  CHECK(id(3, 4, 3) == "");
  CHECK(id(4, 3, 3) == "strategy.input_shape");
  CHECK(id(3, 4, 2) == "strategy.input_shape");
  data.weight[5] = std::nan("");
  CHECK(id(3, 4, 3) == "strategy.bad_row");
  data.weight[5] = 0.0;
  data.bias[1] = HUGE_VAL;
  CHECK(id(3, 4, 3) == "strategy.bad_row");
}
