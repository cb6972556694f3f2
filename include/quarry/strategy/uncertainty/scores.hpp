#pragma once

#include <span>

#include "quarry/strategy/concept.hpp"

namespace quarry {

/// The uncertainty of the most likely class. With p(1) ≥ p(2) ≥ … the sorted
/// probabilities of a row:
///
///     score = 1 − p(1)
///
/// Needs probabilities `[N, C]`, f2, f4 or f8; computes in double. O(N C).
/// Raises `strategy.missing_input` for a block without them.
///
/// D. Lewis & W. Gale, "A Sequential Algorithm for Training Text Classifiers",
/// SIGIR 1994; A. Culotta & A. McCallum, "Reducing Labeling Effort for
/// Structured Prediction Tasks", AAAI 2005.
struct LeastConfidence : Pointwise<LeastConfidence> {
  double score(const Prediction& prediction) const;
  void score(const PredictionBlock& block, std::span<double> out) const;
};

/// How close the two most likely classes are:
///
///     score = 1 − (p(1) − p(2)),  with p(2) = 0 where C = 1
///
/// Needs probabilities `[N, C]`, f2, f4 or f8; computes in double. O(N C).
/// Raises `strategy.missing_input` for a block without them.
///
/// T. Scheffer, C. Decomain & S. Wrobel, "Active Hidden Markov Models for
/// Information Extraction", IDA 2001.
struct Margin : Pointwise<Margin> {
  double score(const Prediction& prediction) const;
  void score(const PredictionBlock& block, std::span<double> out) const;
};

/// How close the two most likely classes are, as a ratio:
///
///     score = p(2) / p(1),  with p(2) = 0 where C = 1
///
/// Needs probabilities `[N, C]`, f2, f4 or f8; computes in double. O(N C).
/// Raises `strategy.missing_input` for a block without them.
///
/// B. Settles, "Active Learning Literature Survey", University of
/// Wisconsin–Madison, 2009.
struct Ratio : Pointwise<Ratio> {
  double score(const Prediction& prediction) const;
  void score(const PredictionBlock& block, std::span<double> out) const;
};

/// The entropy of the predicted distribution, in nats:
///
///     score = −Σ_c p_c ln p_c,  with 0 ln 0 = 0
///
/// Needs probabilities `[N, C]`, f2, f4 or f8; computes in double, but for rows
/// whose score a bound in float shows to be too low to matter. O(N C).
/// Raises `strategy.missing_input` for a block without them.
///
/// B. Settles, "Active Learning Literature Survey", University of
/// Wisconsin–Madison, 2009; C. E. Shannon, "A Mathematical Theory of
/// Communication", Bell System Technical Journal 1948.
struct Entropy : Pointwise<Entropy> {
  double score(const Prediction& prediction) const;
  void score(const PredictionBlock& block, std::span<double> out) const;
  void score_above(const PredictionBlock& block, double floor,
                   std::span<double> out) const;
};

}  // namespace quarry
