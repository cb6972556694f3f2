#include "quarry/strategy/density/dcom.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "quarry/core/error.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/detail/ticker.hpp"

namespace quarry {

void DCoMOptions::validate() const {
  using detail::expect_option;
  expect_option(std::isfinite(max_delta) && max_delta > 0.0, "max_delta",
                max_delta, "finite and above 0");
  expect_option(std::isfinite(k_logistic) && k_logistic >= 0.0, "k_logistic",
                k_logistic, "finite and at least 0");
  expect_option(std::isfinite(a_logistic), "a_logistic", a_logistic, "finite");
}

namespace detail {
namespace {

constexpr std::size_t batch = 512;

double rounded(double x) {
  return std::round(x * 1000.0) / 1000.0;
}

double competence(double coverage, const DCoMOptions& options) {
  const double k = options.k_logistic;
  const double a = options.a_logistic;
  const double whole = 1.0 + std::exp(-k * (1.0 - a));
  const double now = 1.0 + std::exp(-k * (coverage - a));
  // Both overflow together, where coverage makes no difference any more.
  return std::isinf(now) ? 0.0 : rounded(whole / now);
}

/// Brings numbers to [0, 1].
class Scale {
 public:
  explicit Scale(std::span<const double> x) {
    const auto [least, most] = std::minmax_element(x.begin(), x.end());
    least_ = *least;
    range_ = *most - *least;
  }
  double operator()(double x) const {
    return range_ > 0.0 ? (x - least_) / range_ : 0.0;
  }

 private:
  double least_ = 0.0;
  double range_ = 0.0;
};

class Picker {
 public:
  Picker(const PoolView& pool, const Similarity& squared,
         const LabelledRadii& radii, std::vector<double> uncertainty,
         SelectContext& context)
      : pool_(pool),
        squared_(squared),
        radius_(radii.mean),
        context_(context),
        order_(context.ties),
        uncertainty_(std::move(uncertainty)),
        covered_(squared.size()),
        degree_(squared.size()),
        left_(pool.candidates().begin(), pool.candidates().end()) {
    const Scale scale(uncertainty_);
    for (double& u : uncertainty_) u = scale(u);
    for (std::size_t i = 0; i < radii.own.size(); ++i) {
      const std::size_t row = pool.labelled()[i];
      uncertainty_[squared_.place(row)] = 0.0;
      newly_covered(row, std::min(radii.own[i], radius_));
    }
  }

  std::vector<RankedPick> pick(std::size_t budget, const DCoMOptions& options) {
    Ticker ticker(context_, budget);
    std::vector<RankedPick> picks;
    const auto covered = std::count(covered_.begin(), covered_.end(), true);
    const double kappa = competence(
        static_cast<double>(covered) / static_cast<double>(covered_.size()),
        options);
    bool whole = count_uncovered(squared_.ground(), +1.0, ticker);
    while (whole && picks.size() < budget && !ticker.stop(picks.size())) {
      const ScoredRow best = best_left(kappa);
      picks.push_back({best.index, best.score});
      left_.erase(std::find(left_.begin(), left_.end(), best.index));
      if (picks.size() == budget) break;
      uncertainty_[squared_.place(best.index)] = 0.0;
      const auto lost = newly_covered(best.index, radius_);
      whole = count_uncovered(lost, -1.0, ticker);
    }
    ticker.finish(picks.size());
    return picks;
  }

 private:
  /// Covers what is so near to `row`; the rows that were not covered before.
  std::vector<std::size_t> newly_covered(std::size_t row, double radius) {
    const std::vector<double> values = squared_.row(row, context_.threads);
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (covered_[i] || !(values[i] < radius * radius)) continue;
      covered_[i] = true;
      rows.push_back(squared_.ground()[i]);
    }
    return rows;
  }

  /// Adds `sign` to the degree of each row for each of `rows` in its ball: all
  /// rows that are not covered at first, and those that come to be covered
  /// later. False when it was asked to stop.
  bool count_uncovered(std::span<const std::size_t> rows, double sign,
                       Ticker& ticker) {
    std::vector<std::size_t> counted;
    for (const std::size_t row : rows) {
      if (sign < 0.0 || !covered_[squared_.place(row)]) counted.push_back(row);
    }
    for (std::size_t first = 0; first < counted.size(); first += batch) {
      if (ticker.stop(pool_.candidates().size() - left_.size())) return false;
      const auto some = std::span(counted).subspan(
          first, std::min(batch, counted.size() - first));
      // A part of the ground set belongs to one thread, and so do its degrees.
      squared_.visit(
          some, context_.threads,
          [&](std::size_t, std::size_t place, std::span<const double> values) {
            for (std::size_t k = 0; k < values.size(); ++k) {
              if (values[k] < radius_ * radius_) {
                degree_[place + k] += sign;
              }
            }
          });
    }
    return true;
  }

  ScoredRow best_left(double kappa) const {
    const Scale u(uncertainty_);
    const Scale g(degree_);
    ScoredRow best;
    for (std::size_t k = 0; k < left_.size(); ++k) {
      const std::size_t i = squared_.place(left_[k]);
      const ScoredRow mine{
          kappa * u(uncertainty_[i]) + (1.0 - kappa) * g(degree_[i]),
          pool_.key(left_[k]), left_[k]};
      if (k == 0 || order_(mine, best)) best = mine;
    }
    return best;
  }

  const PoolView& pool_;
  const Similarity& squared_;
  double radius_;
  SelectContext& context_;
  PickOrder order_;
  std::vector<double> uncertainty_;  // [|V|]
  std::vector<bool> covered_;        // [|V|]
  std::vector<double> degree_;       // [|V|]
  std::vector<std::size_t> left_;    // candidates that are not picked
};

}  // namespace

LabelledRadii::LabelledRadii(const PoolView& pool, const DCoMOptions& options)
    : own(pool.labelled().size(), options.max_delta), mean(options.max_delta) {
  if (!pool.has(inputs::labelled_deltas) || own.empty()) return;
  const ArrayView& given = pool.input(inputs::labelled_deltas);
  if (!is_float(given.dtype()) || given.rank() != 1 ||
      given.rows() != own.size()) {
    raise(
        "strategy.input_shape",
        "labelled_deltas must be f2, f4 or f8 [L], a radius for each of the " +
            std::to_string(own.size()) + " labelled rows, not " +
            given.describe());
  }
  for (std::size_t i = 0; i < own.size(); ++i) {
    given.read_row(i, std::span(&own[i], 1));
    if (std::isfinite(own[i]) && own[i] > 0.0) continue;
    raise("strategy.bad_row",
          "row " + std::to_string(i) + " of labelled_deltas is no radius",
          "radii are finite and above 0");
  }
  mean = std::accumulate(own.begin(), own.end(), 0.0) /
         static_cast<double>(own.size());
}

std::vector<RankedPick> pick_dcom(const PoolView& pool, std::size_t budget,
                                  const Similarity& squared_distances,
                                  const LabelledRadii& radii,
                                  std::vector<double> uncertainty,
                                  const DCoMOptions& options,
                                  SelectContext& context) {
  return Picker(pool, squared_distances, radii, std::move(uncertainty), context)
      .pick(budget, options);
}

std::size_t dcom_bytes(std::size_t ground, std::size_t labelled) {
  return ground * (5 * sizeof(double) + 3 * sizeof(std::size_t)) +
         labelled * sizeof(double);
}

}  // namespace detail

}  // namespace quarry
