#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "quarry/strategy/detail/exact_sum.hpp"
#include "quarry/strategy/similarity.hpp"
#include "quarry/strategy/submodular/maximise.hpp"

namespace quarry {

/// How like a ground set V the picked rows are, less how like each other:
///
///     f(S) = Σ_{i ∈ V} Σ_{j ∈ S} s(i, j) − λ Σ_{i, j ∈ S} s(i, j)
///
/// where pairs count twice, and the diagonal once. Submodular where no
/// similarity is below 0, monotone for λ ≤ ½. The first gain of a row costs |V|
/// similarities, later ones nothing, and a pick |V| similarities; memory: 32
/// bytes a row of V. Sums are taken in twice the digits of a double.
class GraphCutFunction {
 public:
  static constexpr const char* name = "graph_cut";
  struct Options {
    /// λ: how much likeness among picks counts against them; finite, ≥ 0.
    double lambda = 0.5;
    /// Raises `strategy.bad_param`.
    void validate() const;
  };

  /// The similarities must outlive it. Raises `strategy.bad_param`.
  GraphCutFunction(const Similarity& similarity, Options options,
                   std::size_t threads);
  static std::size_t bytes(std::size_t ground, std::size_t picks);

  double gain(std::size_t row) const;
  void gains(std::span<const std::size_t> rows, std::span<double> out) const;
  void add(std::size_t row);

 private:
  const Similarity& similarity_;
  double lambda_;
  std::size_t threads_;
  // [|V|]: gains; of rows nobody has asked about, what picks took from them.
  mutable std::vector<detail::ExactSum> gains_;
  mutable std::vector<bool> known_;  // [|V|]
};

/// Picks what is like much of the pool and unlike what is labelled or picked:
/// `Maximise` of `GraphCutFunction`. Cost: O(N² D) once, and O(N D) a pick.
///
/// K. Wei, R. Iyer & J. Bilmes, "Submodularity in Data Subset Selection and
/// Active Learning", ICML 2015; R. Iyer, N. Khargoankar, J. Bilmes & H.
/// Asnani, "Submodular Combinatorial Information Measures with Applications in
/// Machine Learning", ALT 2021.
template <class Kernel = CosineKernel>
using GraphCut = Maximise<GraphCutFunction, Kernel>;

}  // namespace quarry
