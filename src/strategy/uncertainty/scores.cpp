#include "quarry/strategy/uncertainty/scores.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace quarry {
namespace {

struct TopTwo {
  double first = 0.0;
  double second = 0.0;
};

template <class T>
TopTwo top_two(std::span<const T> p) {
  TopTwo top;
  for (const T value : p) {
    const auto x = static_cast<double>(value);
    top.second = std::max(top.second, std::min(top.first, x));
    top.first = std::max(top.first, x);
  }
  return top;
}

constexpr auto least_confidence = []<class T>(std::span<const T> p) {
  return 1.0 - top_two(p).first;
};

constexpr auto margin = []<class T>(std::span<const T> p) {
  const TopTwo top = top_two(p);
  return 1.0 - (top.first - top.second);
};

constexpr auto ratio = []<class T>(std::span<const T> p) {
  const TopTwo top = top_two(p);
  return top.second / top.first;
};

constexpr auto entropy = []<class T>(std::span<const T> p) {
  double sum = 0.0;
  for (const T value : p) {
    const auto x = static_cast<double>(value);
    if (x > 0.0) sum -= x * std::log(x);
  }
  return sum;
};

template <class Score>
double score_row(const Score& score, const RowView& p) {
  return score(
      std::span<const double>(p.data(), static_cast<std::size_t>(p.size())));
}

template <class Score>
void score_rows(const Score& score, const PredictionBlock& block,
                std::span<double> out) {
  const ArrayView& p = block.input(inputs::probabilities);
  const std::size_t width = p.cols();
  const auto run = [&]<class T>(std::span<const T> values) {
    for (std::size_t i = 0; i < block.rows; ++i) {
      out[i] = score(values.subspan(i * width, width));
    }
  };
  if (p.dtype() == DType::f2) return run(p.as<Half>());
  if (p.dtype() == DType::f4) return run(p.as<float>());
  run(p.as<double>());
}

}  // namespace

double LeastConfidence::score(const Prediction& prediction) const {
  return score_row(least_confidence, prediction.probabilities);
}
void LeastConfidence::score(const PredictionBlock& block,
                            std::span<double> out) const {
  score_rows(least_confidence, block, out);
}

double Margin::score(const Prediction& prediction) const {
  return score_row(margin, prediction.probabilities);
}
void Margin::score(const PredictionBlock& block, std::span<double> out) const {
  score_rows(margin, block, out);
}

double Ratio::score(const Prediction& prediction) const {
  return score_row(ratio, prediction.probabilities);
}
void Ratio::score(const PredictionBlock& block, std::span<double> out) const {
  score_rows(ratio, block, out);
}

double Entropy::score(const Prediction& prediction) const {
  return score_row(entropy, prediction.probabilities);
}
void Entropy::score(const PredictionBlock& block, std::span<double> out) const {
  score_rows(entropy, block, out);
}

}  // namespace quarry
