#pragma once

#include "quarry/strategy/concept.hpp"

namespace quarry {

/// How evenly the votes of a committee are spread, in nats. With V_c the number
/// of the K members whose likeliest class is c (the first of those that are
/// equal), and 0 ln 0 = 0:
///
///     score = −Σ_c (V_c / K) ln(V_c / K)
///
/// Depends on the counts alone: rows with the same counts for other classes tie
/// exactly. Needs passes `[K, N, C]`, a member each, f2, f4 or f8. O(K N C).
///
/// I. Dagan & S. Engelson, "Committee-Based Sampling for Training Probabilistic
/// Classifiers", ICML 1995.
struct VoteEntropy : PassWise<VoteEntropy> {
  double score(const Prediction& prediction) const;
};

/// How far the most dissenting member of a committee is from all of them, in
/// nats. With p_k the probabilities of member k and 0 ln 0 = 0:
///
///     score = max_k KL(p_k ‖ p̄) = max_k Σ_c p_k(c) ln(p_k(c) / p̄(c)),
///     p̄ = (1/K) Σ_k p_k
///
/// Never negative, and exactly 0 where all agree. Needs passes `[K, N, C]`, a
/// member each, f2, f4 or f8; computes in double. O(K N C).
///
/// A. McCallum & K. Nigam, "Employing EM and Pool-Based Active Learning for
/// Text Classification", ICML 1998; T. Danka & P. Horvath, "modAL: A modular
/// active learning framework for Python", arXiv 2018.
struct MaxDisagreement : PassWise<MaxDisagreement> {
  double score(const Prediction& prediction) const;
};

/// How far the members of a committee are from all of them, on average, in
/// nats. With p_k the probabilities of member k and 0 ln 0 = 0:
///
///     score = (1/K) Σ_k KL(p_k ‖ p̄),  p̄ = (1/K) Σ_k p_k
///
/// The same number as `Bald`, by another way. Never negative, and exactly 0
/// where all agree. Needs passes `[K, N, C]`, a member each, f2, f4 or f8;
/// computes in double. O(K N C).
///
/// A. McCallum & K. Nigam, "Employing EM and Pool-Based Active Learning for
/// Text Classification", ICML 1998.
struct KlQbc : PassWise<KlQbc> {
  double score(const Prediction& prediction) const;
};

}  // namespace quarry
