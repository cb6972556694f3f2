#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "quarry/strategy/detail/exact_sum.hpp"
#include "quarry/strategy/similarity.hpp"
#include "quarry/strategy/submodular/maximise.hpp"

namespace quarry {

/// The least distance between two picked rows, labelled ones among them:
///
///     f(S) = min {1 − s(i, j) : i ∈ S, j ∈ L ∪ S, i ≠ j},  0 without a pair
///
/// Not submodular. Gains are kept up to date: one costs nothing, a pick |V|
/// similarities; memory: 16 bytes a row of V.
class DisparityMinFunction {
 public:
  static constexpr const char* name = "disparity_min";
  struct Options {};

  /// The similarities must outlive it.
  DisparityMinFunction(const Similarity& similarity, Options,
                       std::size_t threads);
  static std::size_t bytes(std::size_t ground, std::size_t picks);

  double gain(std::size_t row) const;
  void add(std::size_t row);
  /// Pairs of two labelled rows do not count.
  void add_labelled(std::size_t row);

 private:
  const Similarity& similarity_;
  std::size_t threads_;
  std::vector<double> nearest_;  // [|V|]: the distance to L ∪ S
  std::optional<double> least_;  // none without a pair
};

/// The sum of the distances between picked rows, labelled ones among them:
///
///     f(S) = Σ_{i < j ∈ L ∪ S} (1 − s(i, j))
///
/// Not submodular. Gains are kept up to date: one costs nothing, a pick |V|
/// similarities; memory: 24 bytes a row of V.
class DisparitySumFunction {
 public:
  static constexpr const char* name = "disparity_sum";
  struct Options {};

  /// The similarities must outlive it.
  DisparitySumFunction(const Similarity& similarity, Options,
                       std::size_t threads);
  static std::size_t bytes(std::size_t ground, std::size_t picks);

  double gain(std::size_t row) const;
  void add(std::size_t row);

 private:
  const Similarity& similarity_;
  std::size_t threads_;
  std::vector<detail::ExactSum> sums_;  // [|V|]: of the distances to L ∪ S
};

/// Spreads picks: the least distance between two is as large as it can be kept,
/// as `KCenter` does, with 1 − s for a distance and without a radius to cover.
/// While nothing is labelled or picked all gains are 0: the total order decides
/// the first pick. `Maximise` of `DisparityMinFunction`. Cost: O(N (|L| + b)
/// D).
///
/// A. Dasgupta, R. Kumar & S. Ravi, "Summarization Through Submodularity and
/// Dispersion", ACL 2013.
template <class Kernel = CosineKernel>
using DisparityMin = Maximise<DisparityMinFunction, Kernel>;

/// Spreads picks: their distances from each other and from what is labelled
/// have the largest sum. Takes extremes. The first pick and cost are as with
/// `DisparityMin`. `Maximise` of `DisparitySumFunction`.
///
/// A. Dasgupta, R. Kumar & S. Ravi, "Summarization Through Submodularity and
/// Dispersion", ACL 2013.
template <class Kernel = CosineKernel>
using DisparitySum = Maximise<DisparitySumFunction, Kernel>;

}  // namespace quarry
