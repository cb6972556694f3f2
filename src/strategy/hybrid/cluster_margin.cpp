#include "quarry/strategy/hybrid/cluster_margin.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>

#include "quarry/core/error.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/detail/read_rows.hpp"
#include "quarry/strategy/similarity.hpp"
#include "quarry/strategy/top_k.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

#include "strategy/given_clusters.hpp"
#include "strategy/uniforms.hpp"

namespace quarry {

void ClusterMarginOptions::validate() const {
  detail::expect_option(distance_threshold >= 0.0, "distance_threshold",
                        distance_threshold, "at least 0");
  detail::expect_at_least_one("cluster_size", cluster_size);
}

namespace detail {
namespace {

/// The k candidates of least margin, best first.
std::vector<RankedPick> most_uncertain(const PoolView& pool, std::size_t k,
                                       PickOrder order) {
  const ArrayView& p = pool.input(inputs::probabilities);
  TopK top(k, order);
  std::vector<double> row(p.cols());
  for (const std::size_t i : pool.candidates()) {
    p.read_row(i, row);
    const RowView view(row.data(), static_cast<Eigen::Index>(row.size()));
    top.push({Margin().score({.probabilities = view}), pool.key(i), i});
  }
  return top.sorted();
}

}  // namespace

Clusters::Clusters(const PoolView& pool, const ClusterMarginOptions& options,
                   const SelectContext& context)
    : pool_(pool),
      options_(options),
      context_(context),
      missing_(!pool.has(inputs::clusters)) {
  const std::size_t others = pool.candidates().size() * 108;
  if (!missing_) {
    context.expect_memory("cluster_margin",
                          others + pool.rows() * sizeof(std::size_t));
    const auto candidates = pool.candidates();
    const auto numbers = given_clusters(pool, candidates);
    of_.resize(pool.rows());
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      of_[candidates[i]] = numbers[i];
    }
    return;
  }
  const ArrayView& embeddings = pool.input(inputs::embeddings);
  const std::size_t width = embeddings.cols();
  const std::size_t count = pool.candidates().size() + pool.labelled().size();
  context.expect_memory(
      "cluster_margin",
      others + count * (width * sizeof(double) + 2 * sizeof(std::size_t)) +
          kernels::PairDistances::bytes(count));
  rows_ = read_rows(embeddings, ground_of(pool));
}

bool Clusters::make(kernels::PairDistances& distances, Ticker& ticker) {
  const std::vector<std::size_t> rows = ground_of(pool_);
  kernels::Cut cut{.distance = options_.distance_threshold};
  if (cut.distance == std::numeric_limits<double>::infinity()) {
    cut.clusters =
        (rows.size() + options_.cluster_size - 1) / options_.cluster_size;
  }
  const auto numbers = kernels::average_linkage(
      distances, cut, [&](std::size_t) { return ticker.stop(0); });
  of_.resize(pool_.rows());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    of_[rows[i]] = static_cast<std::int64_t>(numbers[i]);
  }
  return !numbers.empty();
}

std::vector<RankedPick> Clusters::deal(std::size_t budget) const {
  const std::size_t wanted = options_.k_m > 0 ? options_.k_m : 10 * budget;
  std::map<std::int64_t, std::vector<RankedPick>> hands;
  for (const RankedPick& pick : most_uncertain(pool_, std::max(wanted, budget),
                                               PickOrder(context_.ties))) {
    hands[of_[pick.index]].push_back(pick);
  }
  std::vector<std::vector<RankedPick>> turns;
  for (auto& [cluster, hand] : hands) {
    std::sort(hand.begin(), hand.end(),
              [](const RankedPick& a, const RankedPick& b) {
                return a.index < b.index;
              });
    turns.push_back(std::move(hand));
  }
  std::stable_sort(
      turns.begin(), turns.end(),
      [](const auto& a, const auto& b) { return a.size() < b.size(); });
  Uniforms uniforms(pool_, context_.random, "cluster_margin", budget);
  std::vector<RankedPick> picks;
  while (picks.size() < budget) {
    for (auto& hand : turns) {
      if (hand.empty() || picks.size() == budget) continue;
      const auto place = hand.begin() + static_cast<std::ptrdiff_t>(
                                            uniforms.below(hand.size()));
      picks.push_back(*place);
      hand.erase(place);
    }
  }
  return picks;
}

}  // namespace detail
}  // namespace quarry
