#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "quarry/strategy/submodular/facility_location.hpp"

namespace quarry {

/// 1 where ‖a − b‖ < δ and 0 elsewhere, of rows of length 1.
struct BallKernel {
  static constexpr bool unit_rows = true;
  /// δ² > 0, may be ∞: of a radius that was found as a root, the square is
  /// another.
  double squared_delta = 0.75 * 0.75;
  double similarity(double ab, double aa, double bb) const {
    return (aa + bb) - 2.0 * ab < squared_delta ? 1.0 : 0.0;
  }
  void bounds(std::span<float> values) const {
    for (float& value : values) value = value < squared_delta ? 1.0F : 0.0F;
  }
  /// Raises `strategy.bad_param`.
  void validate() const;
};

/// Facility location of balls: how many rows of V are covered.
class CoverFunction : public FacilityLocationFunction {
 public:
  static constexpr const char* name = "prob_cover";
  using FacilityLocationFunction::FacilityLocationFunction;
  static constexpr Needs needs() { return {{.name = inputs::embeddings}}; }
};

/// The share of rows whose ball {y : ‖x − y‖² < δ²} holds one cluster only,
/// from the squared distance of each to the nearest row of another cluster
/// (`kernels::nearest_of_other_groups`). Expects at least one.
double ball_purity(std::span<const double> squared_distances,
                   double squared_delta);

/// The largest δ² of purity ≥ α, ∞ where any will do. Expects squared distances
/// and 0 < α ≤ 1.
double pure_squared_delta(std::span<const double> squared_distances,
                          double alpha);

/// How `ProbCover` picks.
struct ProbCoverOptions {
  /// δ, the radius of a ball, of rows of length 1; finite, > 0. Without it: the
  /// largest of purity ≥ α.
  std::optional<double> delta = {};
  /// α: in (0, 1].
  double alpha = 0.95;
  /// Pseudo-labels, where δ asks for them and the pool has no `clusters`: as
  /// many as there are classes, say; ≥ 1.
  std::size_t n_clusters = 10;
  /// How the best is looked for.
  GreedyOptions greedy = {};
  /// Raises `strategy.bad_param`.
  void validate() const;
};

/// Covers the pool by balls of a fixed radius: each pick is the candidate whose
/// ball holds most rows that no labelled or picked one covers. With V the
/// candidates and labelled rows, of length 1:
///
///     next = argmax_x |{u ∈ V : ‖u − x‖ < δ, no s ∈ L ∪ S has ‖u − s‖ < δ}|
///
/// A row covers itself; the score is that number. Once all is covered it is 0,
/// and the total order decides. Where δ is to be found, pseudo-labels are the
/// input `clusters` `[N]`, whole numbers from 0, or `n_clusters` of V by
/// k-means (`WeightedKMeans`), which draws where to begin: another seed,
/// another δ.
///
/// Needs embeddings `[N, D]`, f2, f4 or f8; what decides is computed in double.
/// Cost: that of `FacilityLocation`, O(N² D) for δ and O(N k D) an iteration of
/// k-means; memory: what `FacilityLocation` takes; to find δ, before it, the
/// embeddings in double, 40 bytes a row and what k-means takes; never N × N. A
/// device (`SelectContext::device`) is asked for δ, where the limit has room
/// for that. Raises `strategy.memory`, `strategy.missing_input`,
/// `strategy.bad_param`, and `strategy.input_shape` and `strategy.bad_row` for
/// `clusters`.
///
/// O. Yehuda, A. Dekel, G. Hacohen & D. Weinshall, "Active Learning Through a
/// Covering Lens", NeurIPS 2022.
class ProbCover {
 public:
  using Options = ProbCoverOptions;

  ProbCover() = default;
  /// Raises `strategy.bad_param`.
  explicit ProbCover(Options options);

  static constexpr Needs needs() { return CoverFunction::needs(); }
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const;

 private:
  /// Nothing when it was asked to stop.
  std::optional<double> squared_delta_of(
      const PoolView& pool, SelectContext& context,
      const std::function<Flow()>& go_on) const;

  Options options_;
};

}  // namespace quarry
