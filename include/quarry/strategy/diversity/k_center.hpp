#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "quarry/core/matrix.hpp"
#include "quarry/strategy/concept.hpp"
#include "quarry/strategy/detail/expects_policy.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/detail/parallel.hpp"
#include "quarry/strategy/detail/ticker.hpp"
#include "quarry/strategy/distance.hpp"
#include "quarry/strategy/kernels/farthest_first.hpp"

namespace quarry {

/// Covers the pool: picks, again and again, the candidate farthest from all
/// that is labelled or picked (greedy k-center, a 2-approximation of the
/// smallest covering radius). With embeddings h, labelled set L, picks S:
///
///     next = argmax_u  min_{s ∈ L ∪ S} ‖h_u − h_s‖,  score = that distance
///
/// All of L are centres. While there is no centre every distance is +∞: the
/// total order decides the first pick, whose score is NaN. Equal distances are
/// decided by the total order too; bit-identical rows have distance 0.
/// Distances are computed in double from differences, so nothing cancels, and
/// the picks do not depend on the number of threads.
///
/// With `Euclidean` and `Cosine` many picks share a pass over the pool, which
/// is a product of matrices (`kernels::farthest_first`); with a distance of
/// your own each pick is a pass.
///
/// Needs embeddings `[N, D]`, f2, f4 or f8, in memory or mapped. Cost:
/// O(N (|L| + b) D); memory: with these two 16 bytes a candidate, and some MiB
/// at most for blocks of rows; otherwise 8 bytes a candidate, and for f2 the
/// embeddings as f4. Raises `strategy.memory`, `strategy.missing_input`.
///
/// O. Sener & S. Savarese, "Active Learning for Convolutional Neural Networks:
/// A Core-Set Approach", ICLR 2018; T. Gonzalez, "Clustering to Minimize the
/// Maximum Intercluster Distance", Theoretical Computer Science 1985.
template <class Distance = Euclidean>
class KCenter : public SetWise<KCenter<Distance>> {
  QUARRY_EXPECTS_ROW_DISTANCE("KCenter", Distance);

 public:
  explicit KCenter(Distance distance = {}) : distance_(std::move(distance)) {
    detail::validate(distance_);
  }

  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const;

 private:
  Distance distance_;
};

namespace detail {

/// Farthest-first traversal of the candidates of a pool, rows of `T`.
template <class T, class Distance>
class FarthestFirst {
 public:
  FarthestFirst(const PoolView& pool, const T* rows, std::size_t width,
                const Distance& distance, const SelectContext& context)
      : pool_(pool),
        rows_(rows),
        width_(width),
        distance_(distance),
        context_(context),
        order_(context.ties),
        reduced_(pool.candidates().size(),
                 std::numeric_limits<double>::infinity()) {}

  std::vector<RankedPick> pick(std::size_t budget) {
    Ticker ticker(context_, budget);
    std::vector<RankedPick> picks;
    std::size_t best = add_centres(pool_.labelled(), ticker, 0);
    while (picks.size() < budget && !ticker.stop(picks.size())) {
      const std::size_t row = pool_.candidates()[best];
      const double reduced = std::exchange(reduced_[best], taken);
      const bool alone = reduced == std::numeric_limits<double>::infinity();
      picks.push_back({row, alone ? std::numeric_limits<double>::quiet_NaN()
                                  : distance_.distance(reduced)});
      if (picks.size() < budget) {
        best = add_centres(std::span(&row, 1), ticker, picks.size());
      }
    }
    ticker.finish(picks.size());
    return picks;
  }

 private:
  // Below every distance, and it stays so under min().
  static constexpr double taken = -1.0;

  std::span<const T> row(std::size_t i) const {
    return {rows_ + i * width_, width_};
  }

  /// Brings the distances up to date with more centres; the place, among the
  /// candidates, of the one that is farthest now. One pass over the pool.
  std::size_t add_centres(std::span<const std::size_t> centres, Ticker& ticker,
                          std::size_t picked) {
    constexpr std::size_t block = 256;
    const auto candidates = pool_.candidates();
    std::vector<ScoredRow> farthest((candidates.size() + block - 1) / block);
    const std::size_t work = candidates.size() * centres.size() * width_;
    parallel_blocks(
        candidates.size(), block, threads_worth(context_.threads, work),
        [&](std::size_t first, std::size_t last) {
          if (ticker.stop(picked)) return;
          ScoredRow best{.score = taken, .index = first};
          for (std::size_t i = first; i < last; ++i) {
            if (reduced_[i] == taken) continue;
            const std::span<const T> here = row(candidates[i]);
            double nearest = reduced_[i];
            for (const std::size_t centre : centres) {
              nearest = std::min(nearest, distance_.reduced(here, row(centre)));
            }
            reduced_[i] = nearest;
            // Candidates ascend, so places order as rows do.
            const ScoredRow mine{nearest, pool_.key(candidates[i]), i};
            if (order_(mine, best)) best = mine;
          }
          farthest[first / block] = best;
        });
    return std::min_element(farthest.begin(), farthest.end(), order_)->index;
  }

  const PoolView& pool_;
  const T* rows_;
  std::size_t width_;
  const Distance& distance_;
  const SelectContext& context_;
  PickOrder order_;
  std::vector<double> reduced_;  // [candidates], to the nearest centre
};

}  // namespace detail

template <class Distance>
std::vector<RankedPick> KCenter<Distance>::select(
    const PoolView& pool, std::size_t budget, SelectContext& context) const {
  budget = std::min(budget, pool.candidates().size());
  if constexpr (std::same_as<Distance, Euclidean>) {
    return kernels::farthest_first(pool, budget, context, "k_center");
  } else if constexpr (std::same_as<Distance, Cosine>) {
    return kernels::farthest_first(pool, budget, context, "k_center",
                                   kernels::Compared::by_direction);
  } else if (budget == 0) {
    return {};
  } else {
    const ArrayView& embeddings = pool.input(inputs::embeddings);
    const std::size_t width = embeddings.cols();
    const bool half = embeddings.dtype() == DType::f2;
    context.expect_memory("k_center",
                          pool.candidates().size() * sizeof(double) +
                              (half ? embeddings.size() * sizeof(float) : 0));
    const auto run = [&]<class T>(const T* rows) {
      return detail::FarthestFirst<T, Distance>(pool, rows, width, distance_,
                                                context)
          .pick(budget);
    };
    if (half) {
      Matrix rows(pool.rows(), width);
      for (std::size_t i = 0; i < pool.rows(); ++i) {
        embeddings.read_row(i, std::span(rows.row(i).data(), width));
      }
      return run(rows.data());
    }
    if (embeddings.dtype() == DType::f4) {
      return run(embeddings.as<float>().data());
    }
    return run(embeddings.as<double>().data());
  }
}

}  // namespace quarry
