#pragma once

#include "quarry/core/matrix.hpp"
#include "quarry/strategy/concept.hpp"
#include "quarry/strategy/detail/expects_policy.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

namespace quarry {

/// The mean p̄ of the passes `[K, C]`, which expects K ≥ 1. Each entry lies
/// between the least and the greatest of its column, so that passes which agree
/// have a mean equal to each of them, to the last bit.
Row consensus(const RowsView& passes);

namespace detail {

constexpr bool needs_probabilities_only(const Needs& needs) {
  return needs.size() == 1 && needs.has(inputs::probabilities);
}

}  // namespace detail

/// Any score of probabilities, `Base`, of the mean of the stochastic passes.
/// With p_k the probabilities of pass k:
///
///     score = Base(p̄),  p̄ = (1/K) Σ_k p_k
///
/// What the passes agree on and what they quarrel about count the same: `Bald`
/// tells the two apart. `Base` has `score(prediction)`, and is given the
/// probabilities p̄ and the key.
///
/// Needs passes `[K, N, C]`, f2, f4 or f8; computes in double. O(K N C).
///
/// Y. Gal, R. Islam & Z. Ghahramani, "Deep Bayesian Active Learning with Image
/// Data", ICML 2017.
template <class Base>
struct Consensus : PassWise<Consensus<Base>> {
  QUARRY_EXPECTS_ROW_SCORE("Consensus", Base);
  static_assert(detail::needs_probabilities_only(Base::needs()),
                "Consensus: the score must need probabilities and nothing "
                "else, as its needs() says; see docs/concepts/strategy.md");

  Base base = {};

  /// Raises what that of the score raises.
  void validate() const { detail::validate(base); }
  double score(const Prediction& prediction) const {
    const Row mean = consensus(prediction.passes);
    return base.score(
        Prediction{.probabilities = RowView(mean.data(), mean.size()),
                   .key = prediction.key});
  }
};

/// 1 − p̄(1).
using McLeastConfidence = Consensus<LeastConfidence>;
/// 1 − (p̄(1) − p̄(2)).
using McMargin = Consensus<Margin>;
/// −Σ_c p̄_c ln p̄_c; also called consensus entropy.
using McEntropy = Consensus<Entropy>;

}  // namespace quarry
