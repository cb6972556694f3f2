#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "quarry/strategy/select_context.hpp"
#include "quarry/strategy/similarity.hpp"
#include "quarry/strategy/submodular/maximise.hpp"

namespace quarry {

/// Facility location where what represents a row is among the rows most like
/// it:
///
///     f(S) = Σ_{i ∈ V} max(0, max_{j ∈ S ∩ near(i)} s(i, j))
///
/// near(i) are the k rows of V with the largest s(i, j), i itself as any other;
/// of equally large ones the first in the order of ties. Monotone and
/// submodular. Sums are taken in twice the digits of a double.
///
/// Likenesses are computed once, |V|² of them; then a gain costs as many looks
/// as the row is near others, k on average. Memory: `bytes`, whatever the width
/// of rows; it reads these block by block, so that they may be mapped from a
/// file larger than memory.
class SparseFacilityLocationFunction {
 public:
  static constexpr const char* name = "facility_location";
  static constexpr bool submodular = true;
  static constexpr auto ready = Similarity::Ready::nothing;
  struct Options {
    /// k; at least 1.
    std::size_t neighbours = 100;
    /// Raises `strategy.bad_param`.
    void validate() const;
  };

  /// Asked to stop, it is left unfinished.
  SparseFacilityLocationFunction(const Similarity& similarity, Options options,
                                 const PoolView& pool,
                                 const SelectContext& context);
  static std::size_t bytes(std::size_t ground, std::size_t picks,
                           const Options& options);

  double gain(std::size_t row) const;
  void add(std::size_t row);

 private:
  /// A row of V that a row may represent, and how like they are.
  struct Edge {
    double similarity;
    std::uint32_t place;
  };
  class Nearest;
  void turn(const Nearest& nearest);

  const Similarity& similarity_;
  std::vector<double> covered_;      // [|V|]: how much, so far
  std::vector<std::size_t> starts_;  // [|V| + 1]: of a row's edges
  std::vector<Edge> edges_;
};

/// Represents the pool as `FacilityLocation`, where only the k rows most like a
/// row may represent it: another objective, whose picks come near those of the
/// whole one as k grows, and are these for k ≥ |V|. For pools of which not even
/// the embeddings are to be in memory.
///
/// Cost: O(N² D) in double, once, and O(N k) for the first pick, little from
/// then on; memory: 32 k + 40 bytes a row and 56 a candidate. See `Maximise`.
///
/// K. Wei, R. Iyer & J. Bilmes, "Submodularity in Data Subset Selection and
/// Active Learning", ICML 2015; E. Lindgren, S. Wu & A. G. Dimakis, "Leveraging
/// Sparsity for Efficient Submodular Data Summarization", NeurIPS 2016.
template <class Kernel = CosineKernel>
using SparseFacilityLocation = Maximise<SparseFacilityLocationFunction, Kernel>;

}  // namespace quarry
