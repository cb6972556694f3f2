#pragma once

#include <cstddef>
#include <vector>

#include "quarry/strategy/any_strategy.hpp"

namespace quarry {

struct EpsilonGreedyOptions {
  /// How likely a pick is made at random; from 0 to 1.
  double epsilon = 0.1;

  /// Raises `strategy.bad_param`.
  void validate() const;
};

/// Takes what a strategy picks, but with probability ε, pick by pick, any
/// candidate that is left, each as likely as the others: what the strategy is
/// blind to has a chance. The score of a random pick is NaN.
///
/// `context.random` draws, by the keys of rows, so that the picks do not depend
/// on the order of the pool. Needs what the strategy needs. Its cost, and O(N
/// log N); memory: that of the strategy, 32 bytes a candidate, 32 a pick and a
/// bit a row. Where the strategy picks less than the budget it ends with the
/// last of those picks. Asked to stop it picks nothing.
///
/// R. Sutton & A. Barto, "Reinforcement Learning: An Introduction", 1998.
class EpsilonGreedy {
 public:
  using Options = EpsilonGreedyOptions;

  /// Raises `strategy.bad_param`.
  explicit EpsilonGreedy(AnyStrategy strategy, Options options = {});

  Needs needs() const { return strategy_.needs(); }
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const;

 private:
  AnyStrategy strategy_;
  Options options_;
};

}  // namespace quarry
