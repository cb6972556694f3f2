#include "quarry/strategy/regression/greedy.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "../pools.hpp"
#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;

namespace {

struct Data {
  std::size_t rows, width, outputs;
  std::vector<double> x, y, targets;
  std::vector<std::size_t> labelled;

  Data(std::size_t n, std::size_t d, std::size_t t, RandomStream& random)
      : rows(n),
        width(d),
        outputs(t),
        x(test::random_numbers(n * d, random)),
        y(test::random_numbers(n * t, random)),
        labelled({2, 3, n - 1}) {
    targets = test::random_numbers(labelled.size() * t, random);
  }

  PoolView pool() const {
    return test::pool_of(
        rows,
        {{inputs::embeddings, ArrayView(x.data(), {rows, width})},
         {inputs::predictions, ArrayView(y.data(), {rows, outputs})},
         {inputs::targets,
          ArrayView(targets.data(), {targets.size() / outputs, outputs})}},
        labelled);
  }

  /// Predictions, and targets where there are any.
  std::vector<double> known() const {
    std::vector<double> all = y;
    for (std::size_t i = 0; i < labelled.size() * outputs; ++i) {
      all[labelled[i / outputs] * outputs + i % outputs] = targets[i];
    }
    return all;
  }
};

double between(const std::vector<double>& rows, std::size_t width,
               std::size_t i, std::size_t j) {
  double squares = 0.0;
  for (std::size_t k = 0; k < width; ++k) {
    squares += std::pow(rows[i * width + k] - rows[j * width + k], 2);
  }
  return std::sqrt(squares);
}

/// The definition: `distance` of all pairs, at each pick.
template <class Distance>
std::vector<RankedPick> naive(const Data& data, std::size_t budget,
                              const Distance& distance) {
  std::vector<std::size_t> centres = data.labelled;
  std::vector<RankedPick> picks;
  while (picks.size() < budget) {
    RankedPick best{.score = -1.0};
    for (std::size_t i = 0; i < data.rows; ++i) {
      if (std::count(centres.begin(), centres.end(), i) > 0) continue;
      double nearest = HUGE_VAL;
      for (const std::size_t s : centres) {
        nearest = std::min(nearest, distance(i, s));
      }
      if (nearest > best.score) best = {i, nearest};
    }
    picks.push_back(best);
    centres.push_back(best.index);
  }
  return picks;
}

template <class Strategy>
bool agree(const Strategy& strategy, const Data& data,
           const std::vector<RankedPick>& want) {
  SelectContext context{.ties = Ties::index, .threads = 2};
  const auto got = strategy.select(data.pool(), want.size(), context);
  if (test::rows_of(got) != test::rows_of(want)) return false;
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (std::abs(got[i].score - want[i].score) > 1e-12) return false;
  }
  return true;
}

}  // namespace

static_assert(SetStrategy<Gsy<>> && SetStrategy<Igs<>>);

TEST_CASE("Greedy sampling covers outputs, or inputs and outputs",
          "[greedy_sampling]") {
  RandomStream random(51);
  for (const std::size_t outputs : {1, 3}) {
    const Data data(80, 4, outputs, random);
    const auto known = data.known();
    const auto y = [&](std::size_t i, std::size_t j) {
      return between(known, outputs, i, j);
    };
    const auto x = [&](std::size_t i, std::size_t j) {
      return between(data.x, data.width, i, j);
    };
    const auto product = [&](std::size_t i, std::size_t j) {
      return x(i, j) * y(i, j);
    };
    CHECK(agree(Gsy<>(), data, naive(data, 15, y)));
    CHECK(agree(Igs<>(), data, naive(data, 15, product)));
    // A factor dropped; predictions where there are targets.
    CHECK_FALSE(agree(Igs<>(), data, naive(data, 15, x)));
    CHECK_FALSE(agree(Igs<>(), data, naive(data, 15, y)));
    CHECK_FALSE(
        agree(Gsy<>(), data, naive(data, 15, [&](std::size_t i, std::size_t j) {
                return between(data.y, outputs, i, j);
              })));
  }
}

TEST_CASE("Targets come one a labelled row, or one a row",
          "[greedy_sampling]") {
  RandomStream random(52);
  Data data(20, 2, 1, random);
  SelectContext context;
  const auto few = test::rows_of(Igs<>().select(data.pool(), 9, context));
  Data all = data;
  all.targets = all.known();
  for (std::size_t i = 0; i < 20; ++i) {  // what is not labelled is not read
    if (std::count(all.labelled.begin(), all.labelled.end(), i) == 0) {
      all.targets[i] = std::nan("");
    }
  }
  CHECK(test::rows_of(Igs<>().select(all.pool(), 9, context)) == few);

  const auto id = [&] {
    return test::error_id([&] { Gsy<>().select(data.pool(), 1, context); });
  };
  data.targets[1] = std::nan("");
  CHECK(id() == "strategy.bad_row");
  data.targets.pop_back();
  CHECK(id() == "strategy.input_shape");
  // Without labels there is no target to read.
  data.labelled.clear();
  CHECK(id().empty());
}

TEST_CASE("Predictions are one number a row, or several", "[greedy_sampling]") {
  const std::vector<double> y = {0, 1, 5, std::nan("")};
  const auto id = [&](const ArrayView& view) {
    return test::error_id([&] {
      PoolView({.rows = 3,
                .inputs = {{inputs::predictions, view}},
                .candidates = {0, 1, 2},
                .keys = row_keys(3, 0)});
    });
  };
  CHECK(id(ArrayView(y.data(), {3})).empty());
  CHECK(id(ArrayView(y.data(), {3, 1})).empty());
  CHECK(id(ArrayView(y.data(), {4})) == "strategy.input_shape");
  CHECK(id(ArrayView(y.data(), {1, 3})) == "strategy.input_shape");
  CHECK(id(ArrayView(y.data() + 1, {3})) == "strategy.bad_row");
  CHECK(id(ArrayView(y.data(), {3, 1, 1})) == "strategy.input_shape");
}
