#pragma once

#include <cstddef>
#include <cstdint>

#include "quarry/strategy/any_strategy.hpp"
#include "quarry/testing/law_report.hpp"

namespace quarry::testing {

struct CheckStrategyOptions {
  /// Decides the pools; the same seed finds the same.
  std::uint64_t seed = 0;
  /// How many pools are tried; ≥ 1. The first dozen are the special cases.
  std::size_t pools = 40;
  /// The rows of the largest of them, which takes longest; ≥ 1.
  std::size_t most_rows = 9000;
  /// None has more classes; ≥ 1. One has 1,000 unless this is less.
  std::size_t most_classes = 1000;
  /// None has wider embeddings; ≥ 1. One has 40 columns unless this is less.
  std::size_t most_width = 40;
  /// The strategy draws random numbers: then another seed must give other
  /// picks, and a set strategy is spared the law on permutations.
  bool stochastic = false;
  /// It decides about rows in their order, as `InOrder` does: then it may pick
  /// fewer, and is spared the law on permutations.
  bool in_order = false;
};

/// Checks the laws of a pointwise or set strategy (see strategy/concept.hpp) on
/// random pools with duplicates, ties, probabilities of exactly 0 and 1, 1 to
/// 1,000 classes, failed rows, few, no and only labelled rows; an empty report
/// means that none was seen broken. With b the budget and U the candidates:
///
///     |picks| == min(b, |U|), distinct, all in U;  b = 0, b ≥ |U| too
///     a score is finite or −∞ (NaN from a set strategy without scores)
///     pointwise: the picks are U in the order of score, hash (with
///       `Ties::hash`), index; a row alone has the score it has in a block;
///       what score_above leaves out is below the floor
///     the same twice, with 1, 2 and 7 threads, whatever failed rows hold
///     picks(permuted pool) == permuted picks  (a set strategy: on rows in
///       general position, with copies)
///     in order: the picks ascend, fewer are the first of more, and a row is
///       decided by those before it
///     asked to stop, it returns lawful picks; by the hook, which is called as
///       often as the strategy would, the first of those it would have made (a
///       pointwise strategy: all of them, or `complete` is false)
///     what the hook is told has one total, and `done` does not go back
///     short of memory, it says `strategy.memory` or does without
///
/// It makes the inputs that `needs()` names: probabilities, embeddings, passes
/// (as many as needed, or 3), `target_probs_mc` of two samples, `head_weight`
/// `[C, D]`, `cost_matrix` `[C, C]`, `label_probabilities` `[N, C]`,
/// `predictions` and `targets` `[N, 2]`, the lengths `[N]` of an attack, some
/// of them ∞, and for any other name numbers `[N, 4]`, or `[3, 4]` where the
/// need is not by row. Of each law the first
/// violation is told, and how many followed. Takes any strategy; `std::ref`
/// shares. Seconds, not minutes.
LawReport check_strategy(const AnyStrategy& strategy,
                         const CheckStrategyOptions& options = {});

}  // namespace quarry::testing
