#pragma once

#include <cstddef>
#include <utility>

#include "quarry/strategy/concept.hpp"
#include "quarry/strategy/detail/expects_policy.hpp"
#include "quarry/strategy/hybrid/filtered_clusters.hpp"

namespace quarry {

struct DropQueryOptions {
  /// K: how often features are dropped; ≥ 1.
  std::size_t passes = 3;
  /// The probability with which a feature is dropped; in [0, 1].
  double rate = 0.75;
  /// The share of passes that must be exceeded; in [0, 1].
  double threshold = 0.5;
  /// What features that are not dropped are multiplied by; finite, > 0.
  /// 1 / (1 − rate) keeps the mean of a feature.
  double scale = 1.0;

  /// Raises `strategy.bad_param`.
  void validate() const;
};

namespace detail {

/// The method of `DropQuery`, for `FilteredClusters`.
struct Dropping {
  static constexpr const char* name = "drop_query";
  static constexpr auto compared = kernels::Compared::by_place;
  using Options = DropQueryOptions;
  /// The share of passes that disagree, of each candidate.
  static FilteredRows score(const Options& options, const PoolView& pool,
                            SelectContext& context);
  static std::size_t bytes(const PoolView& pool, std::size_t threads);
};

}  // namespace detail

/// Dropout queries: rows whose prediction does not survive that features are
/// dropped; and of these, such as differ. With embedding h, the last layer
/// f(h) = W h + b, the class ŷ that it favours, and masks m of zeros and ones,
/// drawn feature by feature for each row and pass:
///
///     share_x = |{k : argmax f(scale · m_k ⊙ h) ≠ ŷ}| / K
///     V = {x : share_x > threshold}
///     c_1 … c_b = k-means of {h_u, u ∈ V}
///     pick k = argmin_{u ∈ V} ‖h_u − c_k‖ over what is not picked yet
///
/// in the order of the centroids; the score of a pick is its share. Where V has
/// b rows or fewer, the b candidates of largest share are picked in the total
/// order. Of equal logits the first favours. Labelled rows play no part.
///
/// Masks come from `context.random` by the key of the row, or are the input
/// `dropout_masks` `[K, N, D]`: what is not 0 is dropped, and K is theirs.
///
/// Needs embeddings `[N, D]` and `head_weight` W `[C, D]`, f2, f4 or f8; takes
/// `head_bias` b `[C]`, or zeros, and what the clusterer takes. Computes in
/// double. O(N K C D), and the clusters; memory: 8 (D + 1) C bytes for the
/// head, 8 (3 D + C) a thread, 16 a candidate, 48 a pick, 24 a row of V, and
/// that of the clusterer. Asked to stop before clusters are found it picks
/// nothing. Raises `strategy.bad_param`, `strategy.memory`,
/// `strategy.missing_input`, `strategy.input_shape` for the masks, and that and
/// `strategy.bad_row` for the head.
///
/// S. R. Gupte, J. Aklilu, J. J. Nirschl & S. Yeung-Levy, "Revisiting Active
/// Learning in the Era of Vision Foundation Models", TMLR 2024.
template <class Clusters = WeightedKMeans>
class DropQuery : public detail::FilteredClusters<detail::Dropping, Clusters> {
  QUARRY_EXPECTS_CLUSTERER("DropQuery", Clusters);

 public:
  /// Raises `strategy.bad_param`.
  explicit DropQuery(DropQueryOptions options, Clusters clusterer = {})
      : detail::FilteredClusters<detail::Dropping, Clusters>(
            options, std::move(clusterer)) {}
  DropQuery() : DropQuery(DropQueryOptions()) {}
};

}  // namespace quarry
