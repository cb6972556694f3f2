#include "quarry/strategy/uncertainty/scores.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "quarry/strategy/any_strategy.hpp"

#include "../pools.hpp"
#include "catch.hpp"

using namespace quarry;

namespace {

/// Straight from the definitions, by sorting, in long double.
struct Oracle {
  long double least_confidence = 0, margin = 0, ratio = 0, entropy = 0;

  template <class T>
  explicit Oracle(std::vector<T> given) {
    std::vector<long double> p;
    for (const T x : given) p.push_back(static_cast<long double>(x));
    std::sort(p.rbegin(), p.rend());
    const long double second = p.size() > 1 ? p[1] : 0.0L;
    least_confidence = 1.0L - p[0];
    margin = 1.0L - (p[0] - second);
    ratio = second / p[0];
    for (const long double x : p) entropy -= x > 0 ? x * std::log(x) : 0.0L;
  }
};

std::vector<double> scores(const AnyStrategy& strategy,
                           const ArrayView& probabilities) {
  const std::vector<NamedArray> inputs = {
      {inputs::probabilities, probabilities}};
  const std::vector<std::uint64_t> keys(probabilities.rows());
  std::vector<double> out(probabilities.rows());
  strategy.score({.rows = out.size(), .inputs = inputs, .keys = keys}, out);
  return out;
}

/// Whether the scores of all rows are what the oracle says.
template <class T>
bool agree(const AnyStrategy& strategy, long double Oracle::*wanted,
           const std::vector<T>& p, std::size_t classes) {
  const std::size_t rows = p.size() / classes;
  const auto got = scores(strategy, ArrayView(p.data(), {rows, classes}));
  for (std::size_t i = 0; i < rows; ++i) {
    const auto first = p.begin() + static_cast<std::ptrdiff_t>(i * classes);
    const Oracle oracle(
        std::vector<T>(first, first + static_cast<std::ptrdiff_t>(classes)));
    const long double want = oracle.*wanted;
    // Entropy adds up C rounded terms.
    const long double unit =
        2e-15L + 2e-16L * static_cast<long double>(classes);
    if (!(std::abs(static_cast<long double>(got[i]) - want) <=
          unit * (1.0L + std::abs(want)))) {
      return false;
    }
  }
  return true;
}

template <class T>
void compare(const std::vector<T>& p, std::size_t classes) {
  CAPTURE(classes);
  CHECK(agree(LeastConfidence(), &Oracle::least_confidence, p, classes));
  CHECK(agree(Margin(), &Oracle::margin, p, classes));
  CHECK(agree(Ratio(), &Oracle::ratio, p, classes));
  CHECK(agree(Entropy(), &Oracle::entropy, p, classes));
}

/// A score with a slip in it.
struct Slip : Pointwise<Slip> {
  double (*formula)(const RowView& p);
  explicit Slip(double (*f)(const RowView&)) : formula(f) {}
  double score(const Prediction& prediction) const {
    return formula(prediction.probabilities);
  }
};

double one(const AnyStrategy& strategy, const std::vector<double>& p) {
  return scores(strategy, ArrayView(p.data(), {1, p.size()}))[0];
}

}  // namespace

static_assert(PointwiseStrategy<Margin>);
static_assert(ScoresRows<Margin> && ScoresBlocks<Margin>);
static_assert(!SetStrategy<Margin>);
static_assert(ScoresAbove<Entropy> && !ScoresAbove<Margin>);
static_assert(Entropy::needs().has(inputs::probabilities));
static_assert(Entropy::needs().size() == 1);

TEST_CASE("Uncertainty scores are their definitions", "[uncertainty]") {
  RandomStream random(3);
  for (const std::size_t classes : {1, 2, 3, 10, 1000}) {
    for (const double sharpness : {0.0, 1.0, 8.0}) {
      const auto p = test::random_probabilities(20, classes, random, sharpness);
      compare(p, classes);
      compare(std::vector<float>(p.begin(), p.end()), classes);
      std::vector<Half> half;
      for (const double x : p) half.emplace_back(x);
      compare(half, classes);
    }
  }
}

TEST_CASE("A score with a slip in it is found out", "[uncertainty]") {
  RandomStream random(3);
  const auto p = test::random_probabilities(20, 10, random);
  const auto slips = [&](long double Oracle::*wanted,
                         double (*formula)(const RowView&)) {
    return !agree(Slip(formula), wanted, p, 10);
  };
  CHECK(slips(&Oracle::least_confidence,  // the sign
              [](const RowView& row) { return row.maxCoeff() - 1.0; }));
  CHECK(slips(&Oracle::margin,  // the neighbour for the second
              [](const RowView& row) { return 1.0 - (row[0] - row[1]); }));
  CHECK(slips(&Oracle::ratio,  // upside down
              [](const RowView& row) { return row.maxCoeff() / row[1]; }));
  CHECK(slips(&Oracle::entropy, [](const RowView& row) {  // a term dropped
    return -(row.tail(9).array() * row.tail(9).array().log()).sum();
  }));
  CHECK(slips(&Oracle::entropy, [](const RowView& row) {  // bits for nats
    return -(row.array() * row.array().log()).sum() / std::log(2.0);
  }));
  // The comparison itself passes what has none.
  CHECK_FALSE(slips(&Oracle::least_confidence,
                    [](const RowView& row) { return 1.0 - row.maxCoeff(); }));
}

TEST_CASE("Certain rows have the least score, and it is a number",
          "[uncertainty]") {
  for (const std::vector<double>& p :
       {std::vector{1.0}, std::vector{0.0, 1.0}, std::vector{0.0, 0.0, 1.0}}) {
    CHECK(one(LeastConfidence(), p) == 0.0);
    CHECK(one(Margin(), p) == 0.0);
    CHECK(one(Ratio(), p) == 0.0);
    CHECK(one(Entropy(), p) == 0.0);
    CHECK_FALSE(std::signbit(one(Entropy(), p)));
  }
}

TEST_CASE("Flat rows have the greatest score", "[uncertainty]") {
  const std::vector<double> p(4, 0.25);
  CHECK(one(LeastConfidence(), p) == 0.75);
  CHECK(one(Margin(), p) == 1.0);
  CHECK(one(Ratio(), p) == 1.0);
  CHECK(one(Entropy(), p) == Approx(std::log(4.0)).epsilon(1e-15));
}

TEST_CASE("The smallest probabilities do not upset a score", "[uncertainty]") {
  const double tiny = std::numeric_limits<double>::denorm_min();
  const std::vector<double> p = {1.0, tiny};
  CHECK(one(Ratio(), p) == tiny);
  CHECK(one(Entropy(), p) >= 0.0);
  CHECK(one(Entropy(), p) < 1e-300);
  CHECK(one(Margin(), p) == 0.0);
}

TEST_CASE("A row and a block of it have the same bits", "[uncertainty]") {
  RandomStream random(4);
  const auto p = test::random_probabilities(50, 7, random);
  const auto blocks = scores(Entropy(), ArrayView(p.data(), {50, 7}));
  for (std::size_t i = 0; i < 50; ++i) {
    const Prediction row{.probabilities = RowView(p.data() + i * 7, 7)};
    CHECK(Entropy().score(row) == blocks[i]);
  }
}

TEST_CASE("Entropy leaves out nothing but scores below the floor",
          "[uncertainty]") {
  RandomStream random(6);
  const auto p = test::random_probabilities(600, 10, random);
  const std::vector<float> pf(p.begin(), p.end());
  std::vector<Half> ph;
  for (const double x : p) ph.emplace_back(x);
  const std::vector<std::uint64_t> keys(600);
  for (const ArrayView& view :
       {ArrayView(p.data(), {600, 10}), ArrayView(pf.data(), {600, 10}),
        ArrayView(ph.data(), {600, 10})}) {
    const std::vector<NamedArray> inputs = {{inputs::probabilities, view}};
    const std::vector<double> all = scores(Entropy(), view);
    const double infinity = std::numeric_limits<double>::infinity();
    // Each score is a floor, and so what must not be left out.
    for (std::size_t f = 0; f < 600; f += 7) {
      std::vector<double> out(600);
      Entropy().score_above({.rows = 600, .inputs = inputs, .keys = keys},
                            all[f], out);
      std::size_t wrong = 0, left_out = 0, below = 0;
      for (std::size_t i = 0; i < 600; ++i) {
        left_out += out[i] == -infinity ? 1 : 0;
        below += all[i] < all[f] ? 1 : 0;
        wrong += out[i] != all[i] && !(out[i] == -infinity && all[i] < all[f]);
      }
      CHECK(wrong == 0);
      CHECK(left_out + 5 >= below);  // it is worth while
    }
  }
}

TEST_CASE("Picks by entropy are those of doubles, where floats cannot tell",
          "[uncertainty]") {
  // Rows a few units in the last place apart, in a random order: bounds of all
  // are the same, or in another order.
  RandomStream random(7);
  constexpr std::size_t rows = 20'000, classes = 10;
  std::vector<float> p;
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t c = 0; c < classes; ++c) {
      float x = c % 2 == 0 ? 0.13F : 0.07F;
      for (std::size_t k = random.below(4); k > 0; --k) {
        x = std::nextafter(x, 1.0F);
      }
      p.push_back(x);
    }
  }
  const ArrayView view(p.data(), {rows, classes});
  const PoolView pool = test::pool_of(rows, {{inputs::probabilities, view}});
  const std::vector<double> all = scores(Entropy(), view);
  std::vector<ScoredRow> sorted;
  for (std::size_t i = 0; i < rows; ++i) {
    sorted.push_back({all[i], pool.key(i), i});
  }
  std::sort(sorted.begin(), sorted.end(), PickOrder());
  for (const std::size_t threads : {1, 2}) {
    SelectContext context{.threads = threads};
    for (const std::size_t budget : {1, 10, 500, 3000}) {
      const auto picks = select_from(Entropy(), pool, budget, context);
      REQUIRE(picks.size() == budget);
      std::size_t wrong = 0;
      for (std::size_t k = 0; k < budget; ++k) {
        wrong += picks[k].index != sorted[k].index ||
                 picks[k].score != sorted[k].score;
      }
      CAPTURE(threads, budget);
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("With two classes all four put rows in the same order",
          "[uncertainty]") {
  RandomStream random(5);
  const auto p = test::random_probabilities(200, 2, random);
  const PoolView pool = test::pool_of(
      200, {{inputs::probabilities, ArrayView(p.data(), {200, 2})}});
  SelectContext context;
  const auto margin = test::rows_of(select_from(Margin(), pool, 200, context));
  CHECK(margin == test::rows_of(select_from(Entropy(), pool, 200, context)));
  CHECK(margin == test::rows_of(select_from(Ratio(), pool, 200, context)));
  CHECK(margin ==
        test::rows_of(select_from(LeastConfidence(), pool, 200, context)));
}
