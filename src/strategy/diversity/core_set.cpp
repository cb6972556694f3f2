#include "quarry/strategy/diversity/core_set.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/detail/quiet.hpp"
#include "quarry/strategy/submodular/facility_location.hpp"
#include "quarry/strategy/submodular/greedy.hpp"

#include "strategy/infinity.hpp"

namespace quarry {

void CoreSetOptions::validate() const {
  const bool whole = outliers < 1.0 || outliers == std::floor(outliers);
  detail::expect_option(
      std::isfinite(outliers) && outliers >= 0.0 && whole, "outliers", outliers,
      "a share of at least 0 and below 1, or a whole number of rows");
}

std::size_t CoreSetOptions::outliers_of(std::size_t rows) const {
  const auto all = static_cast<double>(rows);
  if (outliers >= 1.0) return static_cast<std::size_t>(std::min(outliers, all));
  // The product may be rounded to a whole number, or past one: the share
  // decides.
  const double number = std::floor(outliers * all);
  if (number / all > outliers) return static_cast<std::size_t>(number - 1);
  if ((number + 1) / all <= outliers)
    return static_cast<std::size_t>(number + 1);
  return static_cast<std::size_t>(number);
}

namespace detail {
namespace {

/// 1 where a distance is at most a radius, 0 elsewhere.
class Within final : public Similarity {
 public:
  Within(const Similarity& distances, double radius, std::size_t rows)
      : Similarity(rows,
                   {distances.ground().begin(), distances.ground().end()}),
        distances_(distances),
        radius_(radius) {}

  void visit(std::span<const std::size_t> rows, std::size_t threads,
             const Visit& visit) const override {
    distances_.visit(
        rows, threads,
        [&](std::size_t i, std::size_t first, std::span<const double> values) {
          std::array<double, part> within;
          std::transform(values.begin(), values.end(), within.begin(),
                         [this](double d) { return of(d); });
          visit(i, first, std::span(within).first(values.size()));
        });
  }
  void some(std::size_t row, std::span<const std::uint32_t> places,
            std::span<double> out) const override {
    distances_.some(row, places, out);
    for (double& value : out) value = of(value);
  }
  double self(std::size_t row) const override {
    return of(distances_.self(row));
  }

 private:
  double of(double distance) const { return distance <= radius_ ? 1.0 : 0.0; }

  const Similarity& distances_;
  double radius_;
};

/// All distances here are reduced.
class RobustCover {
 public:
  RobustCover(const CoverTask& task, const PoolView& pool, std::size_t budget,
              SelectContext& context)
      : task_(task),
        pool_(pool),
        budget_(budget),
        context_(context),
        order_(context.ties),
        distances_(task.distances()),
        nearest_(distances_->size(), infinity) {
    bring_up_to_date(nearest_, pool.labelled());
  }

  /// Picks of a smaller radius than that of `greedy`, or those. Nothing when it
  /// was asked to stop.
  std::vector<RankedPick> search(std::vector<RankedPick> greedy) {
    double low = 0.0;
    double high = radius_of(rows_of(greedy));
    double least = high;
    std::vector<std::size_t> best;
    for (std::size_t step = 0; step < task_.steps && low < high; ++step) {
      const double radius = low + (high - low) / 2;
      const std::vector<std::size_t> rows = cover(radius);
      if (rows.size() < budget_) return {};
      const double reached = radius_of(rows);
      if (reached < least) {
        least = reached;
        best = rows;
      }
      if (reached <= radius) {
        high = reached;
      } else {
        low = radius;
      }
    }
    return best.empty() ? std::move(greedy) : in_order(best);
  }

 private:
  static std::vector<std::size_t> rows_of(
      const std::vector<RankedPick>& picks) {
    std::vector<std::size_t> rows;
    for (const RankedPick& pick : picks) rows.push_back(pick.index);
    return rows;
  }

  void bring_up_to_date(std::vector<double>& nearest,
                        std::span<const std::size_t> centres) const {
    // A part of V belongs to one thread, and so do its distances.
    distances_->visit(
        centres, context_.threads,
        [&](std::size_t, std::size_t first, std::span<const double> values) {
          for (std::size_t k = 0; k < values.size(); ++k) {
            nearest[first + k] = std::min(nearest[first + k], values[k]);
          }
        });
  }

  /// The least radius within which all but the outliers are covered.
  double radius_of(std::span<const std::size_t> rows) const {
    std::vector<double> nearest = nearest_;
    bring_up_to_date(nearest, rows);
    if (task_.outliers >= nearest.size()) return 0.0;
    const auto last =
        nearest.begin() + static_cast<std::ptrdiff_t>(task_.outliers);
    std::nth_element(nearest.begin(), last, nearest.end(), std::greater<>());
    return *last;
  }

  /// The candidates that cover most within the radius.
  std::vector<std::size_t> cover(double radius) const {
    std::vector<double> uncovered(nearest_.size());
    std::transform(nearest_.begin(), nearest_.end(), uncovered.begin(),
                   [&](double d) { return d > radius ? 1.0 : 0.0; });
    const Within within(*distances_, radius, pool_.rows());
    FacilityLocationFunction covered(within, std::move(uncovered),
                                     context_.threads);
    covered.expect_picks(budget_);
    covered.allow(task_.room);
    std::vector<RankedPick> picks =
        greedy(covered, pool_, pool_.candidates(), budget_, context_);
    if (picks.size() < budget_) return {};
    std::erase_if(picks,
                  [](const RankedPick& pick) { return !(pick.score > 0.0); });
    std::vector<std::size_t> rows = rows_of(picks);
    if (rows.size() == budget_) return rows;
    std::vector<std::size_t> others, sorted = rows;
    std::sort(sorted.begin(), sorted.end());
    std::set_difference(pool_.candidates().begin(), pool_.candidates().end(),
                        sorted.begin(), sorted.end(),
                        std::back_inserter(others));
    for (const RankedPick& pick :
         farthest(others, rows, budget_ - rows.size())) {
      rows.push_back(pick.index);
    }
    return rows;
  }

  /// Those of `rows` that are farthest from L and `centres`, one by one.
  std::vector<RankedPick> farthest(std::vector<std::size_t> rows,
                                   std::span<const std::size_t> centres,
                                   std::size_t count) const {
    std::vector<double> nearest = nearest_;
    bring_up_to_date(nearest, centres);
    std::vector<RankedPick> picks;
    while (picks.size() < count) {
      const auto scored = [&](std::size_t row) {
        return ScoredRow{nearest[distances_->place(row)], pool_.key(row), row};
      };
      const auto best = std::min_element(rows.begin(), rows.end(),
                                         [&](std::size_t a, std::size_t b) {
                                           return order_(scored(a), scored(b));
                                         });
      const ScoredRow next = scored(*best);
      rows.erase(best);
      picks.push_back({next.index, next.score == infinity
                                       ? std::nan("")
                                       : task_.distance(next.score)});
      bring_up_to_date(nearest, std::span(&next.index, 1));
    }
    return picks;
  }

  std::vector<RankedPick> in_order(const std::vector<std::size_t>& rows) const {
    return farthest(rows, {}, rows.size());
  }

  const CoverTask& task_;
  const PoolView& pool_;
  std::size_t budget_;
  SelectContext& context_;
  PickOrder order_;
  std::unique_ptr<Similarity> distances_;
  std::vector<double> nearest_;  // [|V|], to L
};

}  // namespace

std::vector<RankedPick> pick_core_set(const CoverTask& task,
                                      const PoolView& pool, std::size_t budget,
                                      SelectContext& context) {
  Ticker ticker(context, budget);
  // Each step is a selection of its own, which tells nothing of the whole.
  SelectContext part = quiet(context, ticker);
  std::vector<RankedPick> picks = task.greedy(part);
  if (picks.size() < budget) {
    picks.clear();
  } else {
    picks = RobustCover(task, pool, budget, part).search(std::move(picks));
  }
  ticker.finish(picks.size());
  return picks;
}

std::size_t core_set_bytes(std::size_t known, std::size_t candidates,
                           std::size_t budget) {
  return known * (3 * sizeof(double) + 2 * sizeof(std::size_t)) +
         FacilityLocationFunction::bytes(known, budget) +
         greedy_bytes(candidates) +
         budget * (2 * sizeof(RankedPick) + 2 * sizeof(std::size_t));
}

}  // namespace detail

}  // namespace quarry
