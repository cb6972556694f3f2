#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "quarry/strategy/concept.hpp"

namespace quarry {

/// How `GraphDensity` picks.
struct GraphDensityOptions {
  /// k ≥ 1: each row is joined to so many nearest ones.
  std::size_t n_neighbors = 10;
  /// γ: how fast likeness falls with distance; finite, ≥ 0. 1/D when not given.
  std::optional<double> gamma = {};
  /// Raises `strategy.bad_param`.
  void validate() const;
};

/// Picks where the pool is dense, and then elsewhere. All that is known of the
/// pool, candidates and labelled rows, makes a graph: two rows are joined when
/// either is one of the k nearest of the other, by d(x, y) = Σ_i |x_i − y_i|,
/// with the weight exp(−γ d).
///
///     density(x) = the mean weight of the edges of x, 0 without one
///     next = argmax_x density(x),  score = that density
///     then density(y) ← density(y) − density(next) for all y joined to it
///
/// Labelled rows are joined, and never picked; what is joined to them is not
/// lowered. Rows equally far are taken by the total order.
///
/// Needs embeddings `[N, D]`, f2, f4 or f8; computes in double. O(N² D);
/// memory: the embeddings in double, 32 k + 56 bytes a row, and 24 a row for
/// each thread. Asked to stop before the graph is made it picks nothing. Raises
/// `strategy.memory`, `strategy.missing_input`, `strategy.bad_param`.
///
/// S. Ebert, M. Fritz & B. Schiele, "RALF: A Reinforced Active Learning
/// Formulation for Object Class Recognition", CVPR 2012.
class GraphDensity : public SetWise<GraphDensity> {
 public:
  using Options = GraphDensityOptions;

  GraphDensity() = default;
  /// Raises `strategy.bad_param`.
  explicit GraphDensity(Options options);

  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const;

 private:
  Options options_;
};

}  // namespace quarry
