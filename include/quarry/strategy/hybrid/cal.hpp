#pragma once

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <functional>
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
#include "quarry/strategy/kernels/row_set.hpp"
#include "quarry/strategy/top_k.hpp"

namespace quarry {

struct CalOptions {
  /// How many of the nearest labelled rows a row is compared with; ≥ 1. All of
  /// them where they are fewer.
  std::size_t k = 10;

  /// Raises `strategy.bad_param`.
  void validate() const;
};

/// Contrastive active learning: rows that lie close to labelled ones, and are
/// predicted otherwise. With embeddings h, probabilities p and N_k(x) the k
/// labelled rows nearest to x:
///
///     score = (1/k) Σ_{l ∈ N_k(x)} KL(p_l ‖ p_x),
///     KL(p ‖ q) = Σ_c p_c ln(p_c / q_c),  0 ln 0 = 0
///
/// in nats. A probability of 0 counts as the smallest normal number, so that
/// the divergence stays finite. Labelled rows at the same distance are taken in
/// the order of keys. Without labelled rows every score is 0.
///
/// Needs embeddings `[N, D]` and probabilities `[N, C]`, f2, f4 or f8; computes
/// in double. O(N |L| D + N k C); memory: 8 bytes a candidate, 64 a pick, and
/// 8 (D + C) a labelled row besides 24 for each thread. Asked to stop before
/// all is scored it picks nothing. Raises `strategy.memory`,
/// `strategy.missing_input`.
///
/// With `Euclidean` or `Cosine` a device (`SelectContext::device`) bounds the
/// distances: of each candidate some k + k / 4 + 8 are then computed. That
/// takes some 100 + 24 k bytes a candidate, where the limit has room.
///
/// K. Margatina, G. Vernikos, L. Barrault & N. Aletras, "Active Learning by
/// Acquiring Contrastive Examples", EMNLP 2021.
template <class Distance = Euclidean>
class Cal {
  QUARRY_EXPECTS_ROW_DISTANCE("Cal", Distance);

 public:
  using Options = CalOptions;

  /// Raises `strategy.bad_param`.
  explicit Cal(Options options = {}, Distance distance = {})
      : options_(options), distance_(std::move(distance)) {
    options_.validate();
    detail::validate(distance_);
  }

  static constexpr Needs needs() {
    return {{.name = inputs::embeddings}, {.name = inputs::probabilities}};
  }
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const;

 private:
  Options options_;
  Distance distance_;
};

namespace detail {

/// The labelled rows that candidates are compared with.
class Labelled {
 public:
  explicit Labelled(const PoolView& pool);

  std::span<const double> embedding(std::size_t i) const;
  /// The mean of KL(p_l ‖ p) over `near`, whose indices are places in
  /// `pool.labelled()`; 0 of none.
  double contrast(std::span<const ScoredRow> near,
                  std::span<const double> p) const;

 private:
  RowMatrix<double> embeddings_;     // [L, D]
  RowMatrix<double> probabilities_;  // [L, C]
};

/// Raises `strategy.memory`; what is left of the limit.
std::size_t expect_memory_for_cal(const PoolView& pool, std::size_t budget,
                                  const SelectContext& context);

/// The labelled rows nearest to candidates, as far as a device tells.
struct NearLabelled {
  std::size_t k = 0;
  std::vector<ScoredRow> rows = {};  ///< `[candidates, k]`, in order
  std::vector<char> known = {};      ///< `[candidates]`, or none at all

  bool has(std::size_t i) const { return !known.empty() && known[i] != 0; }
  std::span<const ScoredRow> of(std::size_t i) const {
    return std::span(rows).subspan(i * k, k);
  }
};
/// Scores are −d, d as `Euclidean` and `Cosine` reduce it; indices are places
/// in `pool.labelled()`. None where there is no device, or no `room` for it.
NearLabelled near_labelled(const PoolView& pool, std::size_t k,
                           kernels::Compared how, const SelectContext& context,
                           std::size_t room,
                           const std::function<Flow()>& go_on);

}  // namespace detail

template <class Distance>
std::vector<RankedPick> Cal<Distance>::select(const PoolView& pool,
                                              std::size_t budget,
                                              SelectContext& context) const {
  const ArrayView& embeddings = pool.input(inputs::embeddings);
  const ArrayView& probabilities = pool.input(inputs::probabilities);
  const auto candidates = pool.candidates();
  const auto labelled = pool.labelled();
  budget = std::min(budget, candidates.size());
  if (budget == 0) return {};
  const std::size_t room = detail::expect_memory_for_cal(pool, budget, context);
  const detail::Labelled known(pool);
  const std::size_t k = std::min(options_.k, labelled.size());
  const PickOrder order(context.ties);

  std::vector<double> scores(candidates.size());
  std::atomic<std::size_t> done = 0;
  detail::Ticker ticker(context, candidates.size());
  detail::NearLabelled by_device;
  if constexpr (std::same_as<Distance, Euclidean> ||
                std::same_as<Distance, Cosine>) {
    by_device = detail::near_labelled(
        pool, k,
        std::same_as<Distance, Cosine> ? kernels::Compared::by_direction
                                       : kernels::Compared::by_place,
        context, room,
        [&] { return ticker.stop(0) ? Flow::stop : Flow::go_on; });
  }
  const auto body = [&](std::size_t first, std::size_t last) {
    if (ticker.stop(done)) return;
    std::vector<double> h(embeddings.cols()), p(probabilities.cols());
    std::vector<ScoredRow> near(labelled.size());
    for (std::size_t i = first; i < last; ++i) {
      embeddings.read_row(candidates[i], h);
      probabilities.read_row(candidates[i], p);
      if (by_device.has(i)) {
        scores[i] = known.contrast(by_device.of(i), p);
        continue;
      }
      for (std::size_t l = 0; l < near.size(); ++l) {
        near[l] = {
            -distance_.reduced(std::span<const double>(h), known.embedding(l)),
            pool.key(labelled[l]), l};
      }
      const auto end = near.begin() + static_cast<std::ptrdiff_t>(k);
      std::partial_sort(near.begin(), end, near.end(), order);
      scores[i] = known.contrast({near.data(), k}, p);
    }
    done += last - first;
  };
  detail::parallel_blocks(candidates.size(), 64, context.threads, body);
  ticker.finish(done);
  if (done < candidates.size()) return {};
  TopK top(budget, order);
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    top.push({scores[i], pool.key(candidates[i]), candidates[i]});
  }
  return top.sorted();
}

}  // namespace quarry
