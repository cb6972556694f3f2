#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "quarry/strategy/adversarial/attack.hpp"
#include "quarry/strategy/prediction.hpp"

namespace quarry::detail {

/// A few rows under attack, as the model sees them at once. There may be more
/// rows of zeros behind them, so that their number is always the same.
struct Walkers {
  const AttackedModel& model;
  const Matrix& inputs;                  ///< `[G, P]`: where they are
  const Matrix& logits;                  ///< `[G, C]`: what the model sees
  std::span<const Eigen::Index> labels;  ///< what it saw at first; at most G
};

/// The next step of each row, `[G, P]`.
using NextStep = std::function<Matrix(const Walkers&)>;

/// Moves rows, step after step, until the model sees another class in them;
/// those that got there leave the batch. Of each r in `rows` tells the length
/// of the way from start to end: ∞ when there was no end after `max_iterations`
/// steps, or no step, NaN when the logits were not finite from the start.
///
/// A row is there when its margin, the first class's logit less the largest
/// other, is at most `part` of what it was, or 1e-6 of the largest logit.
void walk(const AttackedModel& model, const Matrix& inputs,
          std::span<const std::size_t> rows, std::size_t max_iterations,
          double part, const NextStep& next, std::span<float> lengths);

/// The input `[rows]` of a block as doubles, into `out`.
void read_lengths(const PredictionBlock& block, std::string_view name,
                  std::span<double> out);

}  // namespace quarry::detail
