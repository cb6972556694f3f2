#include "quarry/strategy/combine/class_balanced.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

#include "quarry/strategy/diversity/k_center.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

#include "catch.hpp"
#include "columns.hpp"

using namespace quarry;
using namespace quarry::test;

namespace {

/// Probabilities `[rows, classes]`, and what is labelled how.
struct Predicted {
  std::size_t classes = 2;
  std::vector<double> p = {};
  std::vector<std::size_t> labelled = {};
  std::vector<std::int64_t> labels = {};

  std::size_t rows() const { return p.size() / classes; }
  PoolView pool() const {
    return PoolView({.rows = rows(),
                     .inputs = {{inputs::probabilities,
                                 ArrayView(p.data(), {rows(), classes})}},
                     .candidates = RowStates(rows()).candidates(labelled),
                     .labelled = labelled,
                     .keys = row_keys(rows(), 0),
                     .labels = labels});
  }
  std::size_t predicted(std::size_t row) const {
    std::size_t best = 0;
    for (std::size_t c = 1; c < classes; ++c) {
      if (p[row * classes + c] > p[row * classes + best]) best = c;
    }
    return best;
  }
  double least_confidence(std::size_t row) const {
    return 1.0 - p[row * classes + predicted(row)];
  }
};

/// Shares by the level, the largest with Σ min(n_c, level) ≤ b, and the rest
/// one by one; then turn after turn.
RowNumbers oracle(const Predicted& made, std::size_t budget) {
  std::map<std::size_t, RowNumbers> rows;  // by class, the least sure first
  std::map<std::size_t, std::size_t> labelled;
  for (const std::int64_t label : made.labels) {
    if (label >= 0) ++labelled[static_cast<std::size_t>(label)];
  }
  for (const std::size_t row : RowStates(made.rows()).candidates(made.labelled))
    rows[made.predicted(row)].push_back(row);
  for (auto& [c, of_class] : rows) {
    std::stable_sort(
        of_class.begin(), of_class.end(), [&](std::size_t a, std::size_t b) {
          return made.least_confidence(a) > made.least_confidence(b);
        });
  }
  const auto filled = [&](std::size_t level) {
    std::size_t sum = 0;
    for (const auto& [c, of_class] : rows) {
      sum += std::min(level, of_class.size());
    }
    return sum;
  };
  budget = std::min(budget, filled(made.rows()));
  std::size_t level = made.rows();
  while (filled(level) > budget) --level;
  std::size_t rest = budget - filled(level);
  std::vector<std::tuple<std::size_t, std::size_t, std::size_t>> order;
  for (const auto& [c, of_class] : rows) {
    order.emplace_back(labelled[c], of_class.size(), c);
  }
  std::sort(order.begin(), order.end());
  std::map<std::size_t, std::size_t> share;
  for (const auto& [l, count, c] : order) {
    share[c] = std::min(level, count);
    if (count > level && rest > 0) {
      ++share[c];
      --rest;
    }
  }
  RowNumbers picks;
  for (std::size_t turn = 0; turn < made.rows(); ++turn) {
    for (const auto& [l, count, c] : order) {
      if (turn < share[c]) picks.push_back(rows[c][turn]);
    }
  }
  return picks;
}

}  // namespace

static_assert(SetStrategy<ClassBalanced>);

TEST_CASE("Every predicted class gives as many picks, while it has them",
          "[class_balanced]") {
  RandomStream random(1);
  for (std::size_t trial = 0; trial < 60; ++trial) {
    const std::size_t rows = 1 + random.below(60);
    Predicted made{.classes = 1 + random.below(7)};
    made.p = random_probabilities(rows, made.classes, random, 2.0);
    // Most rows look like class 0.
    for (std::size_t i = 0; i < rows && made.classes > 1; ++i) {
      if (random.below(3) == 0) continue;
      double* const p = made.p.data() + i * made.classes;
      std::swap(p[0], *std::max_element(p, p + made.classes));
    }
    for (std::size_t i = 0; i < rows; ++i) {
      if (random.below(5) > 0) continue;
      made.labelled.push_back(i);
      made.labels.push_back(
          static_cast<std::int64_t>(random.below(made.classes + 1)) - 1);
    }
    for (const std::size_t budget :
         {std::size_t{1}, std::size_t{2}, rows / 3, rows / 2, rows, rows + 5}) {
      CAPTURE(trial, budget);
      CHECK(rows_by(ClassBalanced(LeastConfidence()), made.pool(), budget) ==
            oracle(made, budget));
    }
  }
}

TEST_CASE("What a class has too few for goes to the others",
          "[class_balanced]") {
  // Classes 0, 0, 0, 0, 1, 2, 2.
  const Predicted made{.classes = 3,
                       .p = {.9, .1, 0,  .8, .2, 0,  .7, .3, 0,  .6, .4,
                             0,  0,  1., 0,  .1, .2, .7, .1, .1, .8}};
  const auto by = [&](std::size_t budget) {
    return rows_by(ClassBalanced(LeastConfidence()), made.pool(), budget);
  };
  CHECK(by(1) == RowNumbers{4});
  CHECK(by(3) == RowNumbers{4, 5, 3});
  CHECK(by(6) == RowNumbers{4, 5, 3, 6, 2, 1});
  CHECK(by(99) == RowNumbers{4, 5, 3, 6, 2, 1, 0});
}

TEST_CASE("Classes with fewer labels come first", "[class_balanced]") {
  // Classes 0, 0, 1, and two labelled rows, both of class 1.
  Predicted made{.classes = 2,
                 .p = {.9, .1, .8, .2, .3, .7, .5, .5, .5, .5},
                 .labelled = {3, 4},
                 .labels = {1, 1}};
  const ClassBalanced balanced{LeastConfidence()};
  CHECK(rows_by(balanced, made.pool(), 1) == RowNumbers{1});
  made.labels = {-1, 7};  // not known, no class of the model
  CHECK(rows_by(balanced, made.pool(), 1) == RowNumbers{2});
  made.labels = {};
  CHECK(rows_by(balanced, made.pool(), 1) == RowNumbers{2});
}

TEST_CASE("A class needs probabilities, and what its strategy does",
          "[class_balanced]") {
  CHECK(ClassBalanced(KCenter()).needs().has(inputs::embeddings));
  CHECK(ClassBalanced(KCenter()).needs().has(inputs::probabilities));
  CHECK(ClassBalanced(Margin()).needs().size() == 1);
}
