#include "quarry/strategy/hybrid/bait.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <Eigen/Cholesky>

#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/detail/parallel.hpp"
#include "quarry/strategy/detail/ticker.hpp"

#include "strategy/hybrid/fisher.hpp"

namespace quarry {
namespace {

using detail::Square;

/// A row that is or may be picked. Its blocks are hᵀ M_ij h `[C, C]` of the
/// inverse A = M⁻¹ and of G = A F A.
struct Member {
  std::size_t index = 0;
  detail::FisherRow values = {};
  std::vector<double> inverse = {};
  std::vector<double> doubt = {};
  bool picked = false;
};

/// M⁻¹ and M⁻¹ F M⁻¹ under additions and removals of rows.
class Information {
 public:
  Information(const PoolView& pool, const BaitOptions& options,
              std::size_t budget)
      : scale_(static_cast<double>(budget) /
               static_cast<double>(pool.labelled().size() + budget)),
        classes_(pool.input(inputs::probabilities).cols()),
        width_(pool.input(inputs::embeddings).cols()) {
    const Square known = detail::fisher_sum(pool, pool.labelled());
    fisher_ = known + detail::fisher_sum(pool, pool.candidates());
    fisher_ /=
        static_cast<double>(pool.labelled().size() + pool.candidates().size());
    const Square one = Square::Identity(known.rows(), known.cols());
    if (pool.labelled().empty()) {
      inverse_ = one / options.lambda;
    } else {
      const Square start =
          options.lambda * one +
          known / static_cast<double>(pool.labelled().size() + budget);
      inverse_ = start.llt().solve(one);
    }
    doubt_ = inverse_ * fisher_ * inverse_;
  }

  /// Computes the blocks of a row.
  void read(Member& row) const {
    row.inverse = blocks_of(inverse_, row.values.h);
    row.doubt = blocks_of(doubt_, row.values.h);
  }

  /// By how much the trace falls with that row, or rises without it.
  double change(const Member& row, double sign) const {
    const Square inverse =
        scale_ * detail::projected(row.values.p, row.inverse.data());
    const Square doubt =
        scale_ * detail::projected(row.values.p, row.doubt.data());
    const Square one = Square::Identity(inverse.rows(), inverse.cols());
    return Square((one + sign * inverse).llt().solve(doubt)).trace();
  }

  /// Adds a row (sign 1) or takes it away (−1): with U = A Vᵀ L⁻ᵀ, where
  /// L Lᵀ = 1 ± V A Vᵀ, A becomes A ∓ U Uᵀ.
  void update(const Member& row, double sign) {
    const Square factor = std::sqrt(scale_) * detail::fisher_factor(row.values);
    const Square toward = inverse_ * factor.transpose();
    const Square inner = Square::Identity(factor.rows(), factor.rows()) +
                         sign * (factor * toward);
    u_ = inner.llt().matrixL().solve(toward.transpose()).transpose();
    w_ = inverse_ * (fisher_ * u_);
    s_ = u_.transpose() * fisher_ * u_;
    sign_ = sign;
    inverse_.noalias() -= sign * u_ * u_.transpose();
    doubt_.noalias() -= sign * (u_ * w_.transpose() + w_ * u_.transpose());
    doubt_.noalias() += u_ * s_ * u_.transpose();
  }

  /// How many operations a row takes in a step, about.
  std::size_t row_operations() const {
    return classes_ * classes_ * (classes_ + width_);
  }

  /// Brings the blocks of a row up to date with the last update.
  void follow(Member& row) const {
    const Square u = project(u_, row.values.h);
    const Square w = project(w_, row.values.h);
    for (Eigen::Index i = 0; i < u.rows(); ++i) {
      for (Eigen::Index j = 0; j < u.rows(); ++j) {
        const auto place = static_cast<std::size_t>(i * u.rows() + j);
        double uu = 0.0, uw = 0.0, us = 0.0;
        for (Eigen::Index r = 0; r < u.cols(); ++r) {
          uu += u(i, r) * u(j, r);
          uw += u(i, r) * w(j, r) + w(i, r) * u(j, r);
          for (Eigen::Index t = 0; t < u.cols(); ++t) {
            us += u(i, r) * s_(r, t) * u(j, t);
          }
        }
        row.inverse[place] -= sign_ * uu;
        row.doubt[place] += us - sign_ * uw;
      }
    }
  }

 private:
  /// Σ_d h_d of the block of each class: `[C D, R]` to `[C, R]`. Element by
  /// element, so that copies of a row come out alike.
  Square project(const Square& matrix, const std::vector<double>& h) const {
    Square sums =
        Square::Zero(static_cast<Eigen::Index>(classes_), matrix.cols());
    for (std::size_t c = 0; c < classes_; ++c) {
      for (std::size_t d = 0; d < width_; ++d) {
        sums.row(static_cast<Eigen::Index>(c)) +=
            h[d] * matrix.row(static_cast<Eigen::Index>(c * width_ + d));
      }
    }
    return sums;
  }

  std::vector<double> blocks_of(const Square& matrix,
                                const std::vector<double>& h) const {
    const Square half = project(matrix, h);  // [C, C D]
    std::vector<double> blocks(classes_ * classes_, 0.0);
    for (std::size_t i = 0; i < classes_; ++i) {
      for (std::size_t j = 0; j < classes_; ++j) {
        for (std::size_t d = 0; d < width_; ++d) {
          blocks[i * classes_ + j] +=
              half(static_cast<Eigen::Index>(i),
                   static_cast<Eigen::Index>(j * width_ + d)) *
              h[d];
        }
      }
    }
    return blocks;
  }

  double scale_;
  std::size_t classes_;
  std::size_t width_;
  Square fisher_;
  Square inverse_;
  Square doubt_;  // M⁻¹ F M⁻¹
  // Of the last update: A changed by −sign U Uᵀ.
  Square u_, w_, s_;
  double sign_ = 1.0;
};

class Batch {
 public:
  Batch(const PoolView& pool, const BaitOptions& options,
        const SelectContext& context, std::size_t budget)
      : pool_(pool),
        options_(options),
        context_(context),
        order_(context.ties),
        budget_(budget),
        information_(pool, options, budget) {
    for (const std::size_t row : pool.candidates()) {
      rows_.push_back({.index = row, .values = detail::fisher_row(pool, row)});
    }
    // Reads [C D, C D] for each.
    parallel_rows(context.threads,
                  [&](Member& row) { information_.read(row); });
  }

  std::vector<RankedPick> pick() {
    const std::size_t candidates = rows_.size();
    const std::size_t most = budget_ > candidates / options_.oversample
                                 ? candidates
                                 : options_.oversample * budget_;
    detail::Ticker ticker(context_, budget_);
    std::vector<std::size_t> places;
    std::vector<RankedPick> picks;
    while (places.size() < most) {
      if (ticker.stop(std::min(places.size(), budget_))) return {};
      const ScoredRow next = best();
      places.push_back(next.index);
      picks.push_back({rows_[next.index].index, next.score});
      rows_[next.index].picked = true;
      if (most > budget_ || places.size() < most) move(next.index, 1.0);
    }
    while (picks.size() > budget_) {
      if (ticker.stop(budget_)) return {};
      const std::size_t place = least(places);
      const auto gone = static_cast<std::ptrdiff_t>(place);
      move(places[place], -1.0);
      places.erase(places.begin() + gone);
      picks.erase(picks.begin() + gone);
    }
    ticker.finish(budget_);
    return picks;
  }

 private:
  template <class Body>
  void parallel_rows(std::size_t most, const Body& body) {
    detail::parallel_blocks(rows_.size(), 64, most,
                            [&](std::size_t first, std::size_t last) {
                              for (std::size_t i = first; i < last; ++i) {
                                body(rows_[i]);
                              }
                            });
  }

  std::size_t threads() const {
    return detail::threads_worth(context_.threads,
                                 rows_.size() * information_.row_operations());
  }

  void move(std::size_t place, double sign) {
    information_.update(rows_[place], sign);
    parallel_rows(threads(), [&](Member& row) { information_.follow(row); });
  }

  /// The row that lowers the trace most, by its place among the candidates.
  ScoredRow best() {
    std::vector<ScoredRow> scored(rows_.size());
    detail::parallel_blocks(
        rows_.size(), 64, threads(), [&](std::size_t first, std::size_t last) {
          for (std::size_t i = first; i < last; ++i) {
            const Member& row = rows_[i];
            scored[i] = {row.picked ? -1.0 : information_.change(row, 1.0),
                         pool_.key(row.index), i};
            if (!row.picked) scored[i].score = std::max(0.0, scored[i].score);
          }
        });
    return *std::min_element(scored.begin(), scored.end(), order_);
  }

  /// Which pick raises the trace least when it goes; of equal ones the last.
  std::size_t least(const std::vector<std::size_t>& places) const {
    std::size_t found = 0;
    double rise = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < places.size(); ++i) {
      const double mine = information_.change(rows_[places[i]], -1.0);
      if (mine <= rise) {
        found = i;
        rise = mine;
      }
    }
    return found;
  }

  const PoolView& pool_;
  const BaitOptions& options_;
  const SelectContext& context_;
  PickOrder order_;
  std::size_t budget_;
  Information information_;
  std::vector<Member> rows_;  // the candidates
};

}  // namespace

void BaitOptions::validate() const {
  detail::expect_option(std::isfinite(lambda) && lambda > 0.0, "lambda", lambda,
                        "finite and above 0");
  detail::expect_at_least_one("oversample", oversample);
}

Bait::Bait(Options options) : options_(options) {
  options_.validate();
}

std::vector<RankedPick> Bait::select(const PoolView& pool, std::size_t budget,
                                     SelectContext& context) const {
  const std::size_t classes = pool.input(inputs::probabilities).cols();
  const std::size_t width = pool.input(inputs::embeddings).cols();
  const std::size_t candidates = pool.candidates().size();
  budget = std::min(budget, candidates);
  if (budget == 0) return {};
  const std::size_t size = classes * width;
  context.expect_memory(
      "bait", sizeof(double) * (6 * size * size + 3 * size * classes +
                                candidates * (width + classes +
                                              2 * classes * classes + 20)));
  return Batch(pool, options_, context, budget).pick();
}

}  // namespace quarry
