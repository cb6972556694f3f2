#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "quarry/strategy/any_strategy.hpp"

namespace quarry {

/// How likely a row is drawn, as a logarithm, by its score s and its rank r
/// (1 is the highest score).
enum class DrawBy {
  power,     ///< β ln s, and −∞ where s ≤ 0
  softmax,   ///< β s
  softrank,  ///< −β ln r
};

/// Draws a batch by the scores of a pointwise strategy instead of taking the
/// best, which are often alike: b rows without replacement, with probability in
/// proportion to exp(w). With w the logarithm that `DrawBy` says:
///
///     picks = the b largest of w_i + g_i,  g_i = −ln(−ln u_i) (Gumbel)
///
/// in descending order; the score of a pick is s. Rows with w = −∞ come last,
/// in the order of the strategy. β = 0 is a random order (by power, of the rows
/// whose score is above 0), and a large β, up to the largest number there is,
/// takes the best as the strategy itself does, but draws among those of equal
/// score.
///
/// u_i is uniform in (0, 1), drawn from `context.random` by the key of row i;
/// where the pool has the input `gumbel` `[N]`, its numbers are taken for g.
///
/// Needs what the strategy needs. Its cost, and O(N log N); memory: 144 bytes a
/// candidate. Asked to stop before all is scored it picks nothing. Raises
/// `strategy.memory`, and `strategy.input_shape` and `strategy.bad_row` for
/// `gumbel`.
///
/// A. Kirsch, S. Farquhar, P. Atighehchian, A. Jesson, F. Branchaud-Charron &
/// Y. Gal, "Stochastic Batch Acquisition: A Simple Baseline for Deep Active
/// Learning", TMLR 2023 (arXiv 2021).
class Stochastic {
 public:
  struct Options {
    /// The inverse of a temperature; finite, ≥ 0.
    double beta = 1.0;
    /// Raises `strategy.bad_param`.
    void validate() const;
  };

  /// Expects a pointwise strategy. Raises `strategy.bad_param`.
  Stochastic(DrawBy by, AnyStrategy strategy, Options options);
  Stochastic(DrawBy by, AnyStrategy strategy)
      : Stochastic(by, std::move(strategy), Options()) {}

  Needs needs() const { return strategy_.needs(); }
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const;

 private:
  DrawBy by_;
  AnyStrategy strategy_;
  Options options_;
};

}  // namespace quarry
