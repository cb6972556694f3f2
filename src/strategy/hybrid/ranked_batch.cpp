#include "quarry/strategy/hybrid/ranked_batch.hpp"

#include <optional>

#include "strategy/part_sums.hpp"

namespace quarry::detail {
namespace {

constexpr std::size_t rows_at_once = 512;

class Ranked {
 public:
  Ranked(const PoolView& pool, const Similarity& distances,
         std::span<const double> uncertainty, SelectContext& context)
      : pool_(pool),
        distances_(distances),
        uncertainty_(uncertainty),
        context_(context),
        order_(context.ties),
        nearest_(distances.size(), std::numeric_limits<double>::infinity()),
        labelled_(pool.labelled().size()) {
    for (std::size_t i = 0; i < pool.candidates().size(); ++i) {
      left_.push_back(i);
    }
    for (const std::size_t row : pool.labelled()) add(row);
  }

  std::vector<RankedPick> pick(std::size_t budget) {
    Ticker ticker(context_, budget);
    std::vector<RankedPick> picks;
    while (picks.size() < budget && !ticker.stop(picks.size())) {
      const std::optional<ScoredRow> best =
          labelled_ == 0 ? most_central(ticker) : best_left();
      if (!best) break;
      picks.push_back({row(best->index),
                       labelled_ == 0 ? std::numeric_limits<double>::quiet_NaN()
                                      : best->score});
      left_.erase(std::find(left_.begin(), left_.end(), best->index));
      ++labelled_;
      if (picks.size() < budget) add(row(best->index));
    }
    ticker.finish(picks.size());
    return picks;
  }

 private:
  std::size_t row(std::size_t i) const { return pool_.candidates()[i]; }

  void add(std::size_t row) {
    const std::vector<double> values = distances_.row(row, context_.threads);
    for (std::size_t i = 0; i < values.size(); ++i) {
      nearest_[i] = std::min(nearest_[i], values[i]);
    }
  }

  double score(std::size_t i) const {
    const auto unlabelled = static_cast<double>(left_.size());
    const double alpha =
        unlabelled / (unlabelled + static_cast<double>(labelled_));
    const double likeness = 1.0 / (1.0 + nearest_[distances_.place(row(i))]);
    return alpha * (1.0 - likeness) + (1.0 - alpha) * uncertainty_[i];
  }

  std::optional<ScoredRow> best_left() const {
    ScoredRow best;
    for (std::size_t k = 0; k < left_.size(); ++k) {
      const std::size_t i = left_[k];
      const ScoredRow mine{score(i), pool_.key(row(i)), i};
      if (k == 0 || order_(mine, best)) best = mine;
    }
    return best;
  }

  /// Of the smallest mean distance; nothing when it was asked to stop.
  std::optional<ScoredRow> most_central(Ticker& ticker) const {
    std::optional<ScoredRow> best;
    const auto all = pool_.candidates();
    for (std::size_t first = 0; first < all.size(); first += rows_at_once) {
      if (ticker.stop(0)) return std::nullopt;
      const auto rows =
          all.subspan(first, std::min(rows_at_once, all.size() - first));
      const auto sums = sums_over_ground(distances_, rows, context_.threads);
      for (std::size_t k = 0; k < rows.size(); ++k) {
        const ScoredRow mine{-sums[k].value(), pool_.key(rows[k]), first + k};
        if (!best || order_(mine, *best)) best = mine;
      }
    }
    return best;
  }

  const PoolView& pool_;
  const Similarity& distances_;
  std::span<const double> uncertainty_;  // [candidates]
  SelectContext& context_;
  PickOrder order_;
  std::vector<double> nearest_;    // [|V|]: to L ∪ S
  std::size_t labelled_;           // |L ∪ S|
  std::vector<std::size_t> left_;  // candidates that are not picked
};

}  // namespace

std::vector<RankedPick> pick_ranked(const PoolView& pool, std::size_t budget,
                                    const Similarity& distances,
                                    std::span<const double> uncertainty,
                                    SelectContext& context) {
  return Ranked(pool, distances, uncertainty, context).pick(budget);
}

std::size_t ranked_bytes(std::size_t ground, std::size_t candidates) {
  return ground * (4 * sizeof(double)) + candidates * 2 * sizeof(double) +
         PartSums::bytes(rows_at_once, ground);
}

}  // namespace quarry::detail
