#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "quarry/strategy/concept.hpp"
#include "quarry/strategy/detail/expects_policy.hpp"
#include "quarry/strategy/hybrid/filtered_clusters.hpp"

namespace quarry {

struct AlfaMixOptions {
  /// ε: how far features may be mixed; finite, > 0. Without it: 0.2 / √D.
  std::optional<double> epsilon = {};

  /// Raises `strategy.bad_param`.
  void validate() const;
};

namespace detail {

/// The method of `AlfaMix`, for `FilteredClusters`.
struct Mixing {
  static constexpr const char* name = "alfa_mix";
  static constexpr auto compared = kernels::Compared::by_direction;
  using Options = AlfaMixOptions;
  /// How little mixing changes the prediction of each candidate, negated.
  static FilteredRows score(const Options& options, const PoolView& pool,
                            SelectContext& context);
  static std::size_t bytes(const PoolView& pool, std::size_t threads);
};

}  // namespace detail

/// Active learning by feature mixing: rows whose prediction changes when their
/// features are mixed a little with those of labelled ones; and of these, such
/// as differ. With embedding h, the last layer f(h) = W h + b, the class ŷ that
/// it favours, the mean z* of the labelled embeddings of a class (an anchor),
/// and g the gradient of the cross-entropy of ŷ at h:
///
///     z(ε) = h + ε ‖z* − h‖ g / ‖g‖   (features in which z* = h stay)
///     ε_x = the infimum of the ε for which some anchor has argmax f(z(ε)) ≠ ŷ
///     V = {x : ε_x < ε}
///     c_1 … c_b = k-means of {h_u / ‖h_u‖, u ∈ V}
///     pick k = argmin_{u ∈ V} ‖h_u / ‖h_u‖ − c_k‖ over what is not picked yet
///
/// in the order of the centroids. f is linear, so ε_x has a closed form. The
/// score of a pick is −ε_x, −∞ where no mixing changes anything. Where V has b
/// rows or fewer, the b candidates of least ε_x are picked in the total order.
/// Where nothing is labelled there is nothing to mix with: V is all candidates,
/// and scores are 0.
///
/// Needs embeddings `[N, D]` and `head_weight` W `[C, D]`, f2, f4 or f8, and
/// the classes of the labelled rows; takes `head_bias` b `[C]`, or zeros, and
/// what the clusterer takes. Computes in double. O(N D (A + C) + N A C) for A
/// anchors, and the clusters; memory: 8 (A D + (D + 1) C) bytes for anchors and
/// the head, 8 (2 D + 4 C) a thread, 16 a candidate, 48 a pick, 24 a row of V,
/// and that of the clusterer. Asked to stop before clusters are found it picks
/// nothing. Raises `strategy.bad_param`, `strategy.memory`,
/// `strategy.missing_input`, and `strategy.input_shape` and `strategy.bad_row`
/// for the head.
///
/// A. Parvaneh, E. Abbasnejad, D. Teney, G. R. Haffari, A. van den Hengel & J.
/// Q. Shi, "Active Learning by Feature Mixing", CVPR 2022.
template <class Clusters = WeightedKMeans>
class AlfaMix : public detail::FilteredClusters<detail::Mixing, Clusters> {
  QUARRY_EXPECTS_CLUSTERER("AlfaMix", Clusters);

 public:
  /// Raises `strategy.bad_param`.
  explicit AlfaMix(AlfaMixOptions options, Clusters clusterer = {})
      : detail::FilteredClusters<detail::Mixing, Clusters>(
            options, std::move(clusterer)) {}
  AlfaMix() : AlfaMix(AlfaMixOptions()) {}
};

}  // namespace quarry
