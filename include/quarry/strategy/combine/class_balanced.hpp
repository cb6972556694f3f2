#pragma once

#include <cstddef>
#include <vector>

#include "quarry/strategy/any_strategy.hpp"

namespace quarry {

/// Shares the budget evenly among the classes that the model predicts, and lets
/// a strategy choose within each: where most of a pool looks like one class,
/// the rare ones get as many picks. With the likeliest class ŷ(u) = argmax_c
/// p_c(u), the first of equals, and U_c the candidates with ŷ = c:
///
///     share of c = min(|U_c|, level),  the level such that shares sum to b
///
/// What a class has too few for goes to the others; where b leaves a rest, some
/// get one more. The picks are in turns, one of each class that has some left:
/// of the class with the fewest labelled rows first (where labels are known),
/// then of the one with the fewest candidates, then of the lowest number; the
/// rest goes in that order, too. Scores are those the strategy gives within a
/// class. It knows nothing of what classes the labels will turn out to be.
///
/// Needs probabilities `[N, C]`, and what the strategy needs; the strategy
/// draws anew in each class. Cost: O(N C), and that of the strategy on each
/// class; memory: that of the strategy, 20 bytes a candidate, 32 a pick and
/// 64 a class. Asked to stop before it has chosen in all classes it picks
/// nothing.
///
/// J. Z. Bengar, J. van de Weijer, L. L. Fuentes & B. Raducanu, "Class-Balanced
/// Active Learning for Image Classification", WACV 2022, for the aim; their
/// balance is a term of an optimisation, this one is a quota.
class ClassBalanced {
 public:
  explicit ClassBalanced(AnyStrategy strategy);

  Needs needs() const;
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const;

 private:
  AnyStrategy strategy_;
};

}  // namespace quarry
