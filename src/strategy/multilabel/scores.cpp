#include "quarry/strategy/multilabel/scores.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace quarry {
namespace {

template <class Score>
void score_rows(const PredictionBlock& block, std::span<double> out,
                const Score& score) {
  const ArrayView& p = block.input(inputs::label_probabilities);
  std::vector<double> row(p.cols());
  for (std::size_t i = 0; i < block.rows; ++i) {
    p.read_row(i, row);
    out[i] = score(row);
  }
}

}  // namespace

void MultilabelMinConfidence::score(const PredictionBlock& block,
                                    std::span<double> out) const {
  score_rows(block, out, [](const std::vector<double>& p) {
    double least = 0.5;
    for (const double x : p) least = std::min(least, std::abs(x - 0.5));
    return 0.5 - least;
  });
}

void MultilabelMeanMargin::score(const PredictionBlock& block,
                                 std::span<double> out) const {
  score_rows(block, out, [](const std::vector<double>& p) {
    double sum = 0.0;
    for (const double x : p) sum += std::abs(x - (1.0 - x));
    return 1.0 - sum / static_cast<double>(p.size());
  });
}

}  // namespace quarry
