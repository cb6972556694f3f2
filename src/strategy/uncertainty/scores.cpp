#include "quarry/strategy/uncertainty/scores.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "strategy/kernels/not_below.hpp"
#include "strategy/kernels/row_scores.hpp"

namespace quarry {
namespace {

/// The two largest of p; 0 where there is none.
struct TopTwo {
  double first = 0.0;
  double second = 0.0;
};

TopTwo top_two(const RowView& p) {
  TopTwo top;
  for (const double x : p) {
    top.second = std::max(top.second, std::min(top.first, x));
    top.first = std::max(top.first, x);
  }
  return top;
}

constexpr auto least_confidence = [](double first, double) {
  return 1.0 - first;
};
constexpr auto margin = [](double first, double second) {
  return 1.0 - (first - second);
};
constexpr auto ratio = [](double first, double second) {
  return second / first;
};

template <class Score>
double score_top(const Score& score, const Prediction& prediction) {
  const TopTwo top = top_two(prediction.probabilities);
  return score(top.first, top.second);
}

// Rows that are taken at once, so that what is made of them stays in the cache.
constexpr std::size_t scored_at_once = 256;

/// Rows of p as floats, some at a time: `visit(first, count, rows)`. Rounded
/// where p is of doubles.
template <class F>
void for_each_part(const ArrayView& p, std::size_t rows, const F& visit) {
  std::vector<float> rounded;
  if (p.dtype() != DType::f4) rounded.resize(scored_at_once * p.cols());
  for (std::size_t first = 0; first < rows; first += scored_at_once) {
    const std::size_t count = std::min(scored_at_once, rows - first);
    for (std::size_t i = 0; !rounded.empty() && i < count; ++i) {
      p.read_row(first + i, std::span(rounded).subspan(i * p.cols(), p.cols()));
    }
    visit(first, count,
          rounded.empty() ? p.as<float>().data() + first * p.cols()
                          : rounded.data());
  }
}

/// The doubles of row i.
RowView row_of(const ArrayView& p, std::size_t i) {
  return {p.as<double>().data() + i * p.cols(),
          static_cast<Eigen::Index>(p.cols())};
}

template <class Score>
void score_tops(const Score& score, const PredictionBlock& block,
                std::span<double> out) {
  const ArrayView& p = block.input(inputs::probabilities);
  if (p.dtype() == DType::f8) {
    for (std::size_t i = 0; i < block.rows; ++i) {
      out[i] = score_top(score, {.probabilities = row_of(p, i)});
    }
    return;
  }
  std::array<float, scored_at_once> tops{}, nexts{};
  for_each_part(p, block.rows,
                [&](std::size_t first, std::size_t count, const float* rows) {
                  kernels::top_two(rows, count, p.cols(), tops.data(),
                                   nexts.data());
                  for (std::size_t i = 0; i < count; ++i) {
                    out[first + i] = score(double{tops[i]}, double{nexts[i]});
                  }
                });
}

template <class T>
double entropy(std::span<const T> p) {
  double sum = 0.0;
  for (const T value : p) {
    const auto x = static_cast<double>(value);
    if (x > 0.0) sum -= x * std::log(x);
  }
  return sum;
}

double entropy_of_row(const ArrayView& p, std::size_t i) {
  const auto of = [&]<class T>(std::span<const T> values) {
    return entropy(values.subspan(i * p.cols(), p.cols()));
  };
  if (p.dtype() == DType::f2) return of(p.as<Half>());
  if (p.dtype() == DType::f4) return of(p.as<float>());
  return of(p.as<double>());
}

}  // namespace

double LeastConfidence::score(const Prediction& prediction) const {
  return score_top(least_confidence, prediction);
}
void LeastConfidence::score(const PredictionBlock& block,
                            std::span<double> out) const {
  score_tops(least_confidence, block, out);
}

double Margin::score(const Prediction& prediction) const {
  return score_top(margin, prediction);
}
void Margin::score(const PredictionBlock& block, std::span<double> out) const {
  score_tops(margin, block, out);
}

double Ratio::score(const Prediction& prediction) const {
  return score_top(ratio, prediction);
}
void Ratio::score(const PredictionBlock& block, std::span<double> out) const {
  score_tops(ratio, block, out);
}

double Entropy::score(const Prediction& prediction) const {
  const RowView& p = prediction.probabilities;
  return entropy(
      std::span<const double>(p.data(), static_cast<std::size_t>(p.size())));
}
void Entropy::score(const PredictionBlock& block, std::span<double> out) const {
  const ArrayView& p = block.input(inputs::probabilities);
  for (std::size_t i = 0; i < block.rows; ++i) out[i] = entropy_of_row(p, i);
}

void Entropy::score_above(const PredictionBlock& block, double floor,
                          std::span<double> out) const {
  constexpr double never = -std::numeric_limits<double>::infinity();
  if (floor == never) return score(block, out);
  const ArrayView& p = block.input(inputs::probabilities);
  // Not above the floor, and cheaper to compare with.
  const float low = std::nextafter(static_cast<float>(floor),
                                   -std::numeric_limits<float>::infinity());
  std::array<float, scored_at_once> above;
  std::array<std::size_t, scored_at_once> reaching;
  std::fill(out.begin(), out.end(), never);
  for_each_part(p, block.rows,
                [&](std::size_t first, std::size_t count, const float* rows) {
                  kernels::entropy_above(rows, count, p.cols(), above.data());
                  // A row whose bound is below the floor is below it, too.
                  const std::size_t reach = kernels::not_below(
                      std::span(above).first(count), low, reaching.data());
                  for (std::size_t k = 0; k < reach; ++k) {
                    const std::size_t row = first + reaching[k];
                    out[row] = entropy_of_row(p, row);
                  }
                });
}

}  // namespace quarry
