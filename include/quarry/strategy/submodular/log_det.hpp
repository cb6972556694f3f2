#pragma once

#include <cstddef>
#include <vector>

#include "quarry/strategy/similarity.hpp"
#include "quarry/strategy/submodular/maximise.hpp"

namespace quarry {

/// The volume that the picked rows span. With K the matrix of similarities,
/// symmetric and positive semidefinite:
///
///     f(S) = ln det(K_S + λ I)
///
/// Submodular. The Cholesky factor of K_S + λ I grows by a row a pick, for all
/// rows of V at once: a gain costs nothing, the k-th pick |V| similarities and
/// O(k |V|); memory: 8 |V| bytes, and as many a pick. A row that picked ones
/// span, which happens where λ is 0, has the gain −∞.
class LogDetFunction {
 public:
  static constexpr const char* name = "log_det";
  static constexpr bool submodular = true;
  struct Options {
    /// λ: added to the diagonal; finite, ≥ 0. With 0, copies of a pick and,
    /// once as many are picked as K has rank, all rows are worth −∞ or what
    /// rounding leaves.
    double lambda = 1.0;
    /// Raises `strategy.bad_param`.
    void validate() const;
  };

  /// The similarities must outlive it. Raises `strategy.bad_param`.
  LogDetFunction(const Similarity& similarity, Options options,
                 std::size_t threads);
  static std::size_t bytes(std::size_t ground, std::size_t picks);

  double gain(std::size_t row) const;
  void add(std::size_t row);

 private:
  const Similarity& similarity_;
  double lambda_;
  std::size_t threads_;
  std::vector<double> left_;  // [|V|]: what picks do not explain, exp(gain)
  std::vector<std::vector<double>> factor_;  // a column [|V|] a pick
};

/// Picks rows that span much volume together, labelled ones included:
/// `Maximise` of `LogDetFunction`, the greedy maximum a posteriori of a
/// determinantal point process. Cost: O(N (|L| + b) (D + |L| + b)); memory:
/// 8 N (|L| + b) bytes.
///
/// L. Chen, G. Zhang & E. Zhou, "Fast Greedy MAP Inference for Determinantal
/// Point Process to Improve Recommendation Diversity", NeurIPS 2018; A. Kulesza
/// & B. Taskar, "Determinantal Point Processes for Machine Learning",
/// Foundations and Trends in Machine Learning 2012.
template <class Kernel = CosineKernel>
using LogDet = Maximise<LogDetFunction, Kernel>;

}  // namespace quarry
