#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "quarry/strategy/any_strategy.hpp"

#include "pools.hpp"

namespace quarry::test {

/// The passes `[K][C]` of one row, for an oracle.
using RowPasses = std::vector<std::vector<long double>>;

/// In nats, for an oracle: −Σ p ln p, with 0 ln 0 = 0.
inline long double entropy(const std::vector<long double>& p) {
  long double sum = 0.0L;
  for (const long double x : p) {
    if (x > 0.0L) sum -= x * std::log(x);
  }
  return sum;
}

/// Passes `[K, N, C]` and whose they are.
template <class T = double>
struct PassArray {
  std::size_t passes = 1;
  std::size_t rows = 1;
  std::size_t classes = 1;
  std::vector<T> values = {};

  ArrayView view() const { return {values.data(), {passes, rows, classes}}; }
  template <class U>
  PassArray<U> as() const {
    PassArray<U> other{passes, rows, classes};
    for (const T x : values) other.values.emplace_back(x);
    return other;
  }
  RowPasses row(std::size_t i) const {
    RowPasses p(passes, std::vector<long double>(classes));
    for (std::size_t k = 0; k < passes; ++k) {
      for (std::size_t c = 0; c < classes; ++c) {
        p[k][c] = static_cast<long double>(
            static_cast<double>(values[(k * rows + i) * classes + c]));
      }
    }
    return p;
  }
};

inline PassArray<> random_passes(std::size_t passes, std::size_t rows,
                                 std::size_t classes, RandomStream& random,
                                 double sharpness = 1.0) {
  return {passes, rows, classes,
          random_probabilities(passes * rows, classes, random, sharpness)};
}

/// The passes of a single row, written out.
inline PassArray<> one_row(const std::vector<std::vector<double>>& passes) {
  PassArray<> one{passes.size(), 1, passes[0].size()};
  for (const auto& p : passes) {
    one.values.insert(one.values.end(), p.begin(), p.end());
  }
  return one;
}

template <class T>
std::vector<double> scores(const AnyStrategy& strategy,
                           const PassArray<T>& passes) {
  const std::vector<NamedArray> inputs = {{inputs::passes, passes.view()}};
  const std::vector<std::uint64_t> keys(passes.rows);
  std::vector<double> out(passes.rows);
  strategy.score({.rows = out.size(), .inputs = inputs, .keys = keys}, out);
  return out;
}

/// The score of a single row.
inline double score_of(const AnyStrategy& strategy,
                       const std::vector<std::vector<double>>& passes) {
  return scores(strategy, one_row(passes))[0];
}

/// Whether the scores of all rows are what the oracle says.
template <class T>
bool agree(const AnyStrategy& strategy, long double (*oracle)(const RowPasses&),
           const PassArray<T>& passes) {
  const auto got = scores(strategy, passes);
  for (std::size_t i = 0; i < passes.rows; ++i) {
    const long double want = oracle(passes.row(i));
    const long double unit =
        1e-14L + 2e-16L * static_cast<long double>(passes.classes);
    if (!(std::abs(static_cast<long double>(got[i]) - want) <=
          unit * (1.0L + std::abs(want)))) {
      return false;
    }
  }
  return true;
}

/// The same for passes of many shapes and of all three types.
inline bool agrees(const AnyStrategy& strategy,
                   long double (*oracle)(const RowPasses&)) {
  RandomStream random(3);
  for (const std::size_t classes : {1, 2, 3, 10, 1000}) {
    for (const std::size_t passes : {1, 2, 3, 20}) {
      for (const double sharpness : {0.0, 1.0, 8.0}) {
        const auto p = random_passes(passes, 7, classes, random, sharpness);
        if (!agree(strategy, oracle, p)) return false;
        if (!agree(strategy, oracle, p.template as<float>())) return false;
        if (!agree(strategy, oracle, p.template as<Half>())) return false;
      }
    }
  }
  return true;
}

/// The mean of the passes, by definition.
inline std::vector<long double> mean_of(const RowPasses& p) {
  std::vector<long double> mean(p[0].size());
  for (const auto& pass : p) {
    for (std::size_t c = 0; c < mean.size(); ++c) mean[c] += pass[c];
  }
  for (long double& x : mean) x /= static_cast<long double>(p.size());
  return mean;
}

/// How many passes vote for each class: for the first of its likeliest ones.
inline std::vector<std::size_t> votes_of(const RowPasses& p) {
  std::vector<std::size_t> votes(p[0].size());
  for (const auto& pass : p) {
    std::size_t best = 0;
    for (std::size_t c = 1; c < pass.size(); ++c) {
      if (pass[c] > pass[best]) best = c;
    }
    ++votes[best];
  }
  return votes;
}

/// A score that a test makes up, with a slip in it say.
struct SlippedScore : PassWise<SlippedScore> {
  double (*formula)(const RowsView&);
  explicit SlippedScore(double (*f)(const RowsView&)) : formula(f) {}
  double score(const Prediction& prediction) const {
    return formula(prediction.passes);
  }
};

}  // namespace quarry::test
