#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "quarry/strategy/detail/expects_policy.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/diversity/k_center.hpp"
#include "quarry/strategy/kernel_similarity.hpp"

namespace quarry {

struct CoreSetOptions {
  /// How many rows may stay uncovered: below 1 a share of the candidates and
  /// labelled rows, rounded down; otherwise their number, which is whole.
  /// Finite, ≥ 0.
  double outliers = 1e-4;
  /// How many radii are tried. With 0, or without outliers, the picks are those
  /// of `KCenter`.
  std::size_t steps = 10;

  /// Raises `strategy.bad_param`.
  void validate() const;
  /// The number of outliers among so many rows.
  std::size_t outliers_of(std::size_t rows) const;
};

namespace detail {

/// ‖a − b‖², in the place of a similarity.
struct SquaredDistanceKernel {
  static constexpr bool unit_rows = false;
  double similarity(double ab, double aa, double bb) const {
    return std::max(0.0, (aa + bb) - 2.0 * ab);
  }
};

/// The reduced form of any distance.
template <RowDistance Distance>
struct ReducedDistanceKernel {
  Distance distance = {};
  double similarity(std::span<const double> a,
                    std::span<const double> b) const {
    return distance.reduced(a, b);
  }
};

/// What `CoreSet` asks of its distance.
struct CoverTask {
  /// The greedy cover of the pool.
  std::function<std::vector<RankedPick>(SelectContext&)> greedy;
  /// The reduced distances of candidates and labelled rows, once they are
  /// needed.
  std::function<std::unique_ptr<Similarity>()> distances;
  std::function<double(double reduced)> distance;
  std::size_t outliers;  // rows of V that may stay uncovered
  std::size_t steps;     // radii to try
  /// Bytes that may be kept to look for covers faster.
  std::size_t room;
};

std::vector<RankedPick> pick_core_set(const CoverTask& task,
                                      const PoolView& pool, std::size_t budget,
                                      SelectContext& context);
std::size_t core_set_bytes(std::size_t known, std::size_t candidates,
                           std::size_t budget);

}  // namespace detail

/// Covers the pool but for a few outliers (robust k-center). With V the
/// candidates and labelled rows, of which Ξ = `outliers` may stay uncovered, it
/// looks for the S of b candidates of least
///
///     r(S) = the (Ξ + 1)-th largest of  min_{s ∈ L ∪ S} ‖h_u − h_s‖,  u ∈ V
///
/// First S is what `KCenter` picks. Then `steps` radii δ are tried, halving the
/// interval in which the least may lie (in the reduced form of the distance):
/// again and again the candidate is taken that has most rows of V within δ
/// which are not within δ of L ∪ S, and, once there are none, the one farthest
/// from L ∪ S. That S counts when its r is the least so far; a smaller δ is
/// tried next when r(S) ≤ δ, a larger one otherwise. So r is never above that
/// of `KCenter`, and without outliers the picks are its picks.
///
/// The S that is found is picked in the order in which `KCenter` would choose
/// among its rows; the score is the distance to the nearest of L and of the
/// picks before, NaN where there is none. Equal ones are decided by the total
/// order. Asked to stop during the search it picks nothing.
///
/// Needs embeddings `[N, D]`, f2, f4 or f8. Cost: that of `KCenter`, and O(N²
/// D) for each radius; with `Euclidean` as products of matrices in double,
/// which cancel: rows should not be much closer to each other than to the
/// origin. Memory: the embeddings in double, 545 bytes a row, 56 a candidate
/// and 48 a pick, never N × N, and up to 1 GiB and 1.8 kB a row, less where
/// `memory_limit` leaves less; picks do not depend on it. Raises
/// `strategy.bad_param`, `strategy.memory`, `strategy.missing_input`.
///
/// O. Sener & S. Savarese, "Active Learning for Convolutional Neural Networks:
/// A Core-Set Approach", ICLR 2018; M. Charikar, S. Khuller, D. M. Mount & G.
/// Narasimhan, "Algorithms for Facility Location Problems with Outliers", SODA
/// 2001.
template <class Distance = Euclidean>
class CoreSet : public SetWise<CoreSet<Distance>> {
  QUARRY_EXPECTS_ROW_DISTANCE("CoreSet", Distance);

 public:
  using Options = CoreSetOptions;

  /// Raises `strategy.bad_param`.
  explicit CoreSet(Options options = {}, Distance distance = {})
      : options_(options), distance_(std::move(distance)) {
    options_.validate();
    detail::validate(distance_);
  }

  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    const KCenter<Distance> cover(distance_);
    const std::size_t candidates = pool.candidates().size();
    const std::size_t known = candidates + pool.labelled().size();
    const std::size_t outliers = options_.outliers_of(known);
    budget = std::min(budget, candidates);
    if (budget == 0 || outliers == 0 || options_.steps == 0) {
      return cover.select(pool, budget, context);
    }
    const std::size_t needed =
        Distances::bytes(pool, known, context.threads) +
        Similarity::bytes(pool.rows(), known) +
        detail::core_set_bytes(known, candidates, budget);
    context.expect_memory("core_set", needed);
    return detail::pick_core_set(
        {.greedy =
             [&](SelectContext& quiet) {
               return cover.select(pool, budget, quiet);
             },
         .distances =
             [&] {
               return std::make_unique<Distances>(pool, ground_of(pool),
                                                  kernel(), context.threads);
             },
         .distance = [&](double r) { return distance_.distance(r); },
         .outliers = outliers,
         .steps = options_.steps,
         .room = context.memory_limit - needed},
        pool, budget, context);
  }

 private:
  static constexpr bool by_products = std::same_as<Distance, Euclidean>;
  using Kernel = std::conditional_t<by_products, detail::SquaredDistanceKernel,
                                    detail::ReducedDistanceKernel<Distance>>;
  using Distances = KernelSimilarity<Kernel>;

  Kernel kernel() const {
    if constexpr (by_products) {
      return {};
    } else {
      return {distance_};
    }
  }

  Options options_;
  Distance distance_;
};

}  // namespace quarry
