#pragma once

#include <cstddef>
#include <span>

#include "quarry/strategy/concept.hpp"

namespace quarry {

namespace detail {
/// Gives the rows of a block one by one, converted to double.
class RowCursor {
 public:
  explicit RowCursor(const PredictionBlock& block);
  /// The prediction of row `i`, valid until the next call.
  Prediction at(std::size_t i);

 private:
  const PredictionBlock& block_;
  const ArrayView* probabilities_;  // null when the block has none
  const ArrayView* embeddings_;
  const ArrayView* passes_;
  Row probabilities_row_;
  Row embedding_row_;
  Rows passes_of_row_;
};
}  // namespace detail

/// Scores a block with either form of `score`.
template <PointwiseStrategy S>
void score_block(const S& strategy, const PredictionBlock& block,
                 std::span<double> out) {
  QUARRY_EXPECTS(out.size() == block.rows, "one score a row");
  if constexpr (ScoresBlocks<S>) {
    strategy.score(block, out);
  } else {
    detail::RowCursor rows(block);
    for (std::size_t i = 0; i < block.rows; ++i) {
      out[i] = strategy.score(rows.at(i));
    }
  }
}

/// The same, but for rows whose score is below `floor`: of those it may say −∞.
template <PointwiseStrategy S>
void score_block_above(const S& strategy, const PredictionBlock& block,
                       double floor, std::span<double> out) {
  if constexpr (ScoresAbove<S>) {
    QUARRY_EXPECTS(out.size() == block.rows, "one score a row");
    strategy.score_above(block, floor, out);
  } else {
    score_block(strategy, block, out);
  }
}

}  // namespace quarry
