#pragma once

#include "quarry/strategy/concept.hpp"

namespace quarry {

/// How many passes vote against the most common vote. With V_c the number of
/// passes whose likeliest class is c (the first of those that are equal):
///
///     score = 1 − max_c V_c / K
///
/// It takes at most K values, so that many rows tie. Needs passes `[K, N, C]`,
/// f2, f4 or f8. O(K N C).
///
/// L. Freeman, "Elementary Applied Statistics", 1965; Y. Gal, R. Islam & Z.
/// Ghahramani, "Deep Bayesian Active Learning with Image Data", ICML 2017.
struct VariationRatio : PassWise<VariationRatio> {
  double score(const Prediction& prediction) const;
};

/// How far the probabilities of the passes p_k scatter, averaged over the
/// classes:
///
///     score = (1/C) Σ_c sqrt((1/K) Σ_k (p_k(c) − p̄(c))²),  p̄ = (1/K) Σ_k p_k
///
/// Exactly 0 where the passes agree. Needs passes `[K, N, C]`, f2, f4 or f8;
/// computes in double, from differences. O(K N C).
///
/// M. Kampffmeyer, A.-B. Salberg & R. Jenssen, "Semantic Segmentation of Small
/// Objects and Modeling of Uncertainty in Urban Remote Sensing Images Using
/// Deep Convolutional Neural Networks", CVPR Workshops 2016.
struct MeanStd : PassWise<MeanStd> {
  double score(const Prediction& prediction) const;
};

/// What the label would tell about the model: the mutual information of a row's
/// label and the model's weights, in nats. With p_k the probabilities of pass k
/// and H[p] = −Σ_c p_c ln p_c, where 0 ln 0 = 0:
///
///     score = H[p̄] − (1/K) Σ_k H[p_k],  p̄ = (1/K) Σ_k p_k
///
/// Never negative, and exactly 0 where the passes agree, be they certain or
/// not. Needs passes `[K, N, C]`, f2, f4 or f8; computes in double. O(K N C).
///
/// N. Houlsby, F. Huszár, Z. Ghahramani & M. Lengyel, "Bayesian Active Learning
/// for Classification and Preference Learning", arXiv 2011.
struct Bald : PassWise<Bald> {
  double score(const Prediction& prediction) const;
};

}  // namespace quarry
