#include "quarry/strategy/hybrid/discriminative.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "quarry/core/matrix.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/detail/parallel.hpp"
#include "quarry/strategy/detail/ticker.hpp"
#include "quarry/strategy/similarity.hpp"
#include "quarry/strategy/top_k.hpp"

#include "strategy/kernels/products.hpp"
#include "strategy/lbfgs.hpp"
#include "strategy/standard_rows.hpp"

namespace quarry {
namespace {

// Rows are read a few at a time, and gradients are cut into some sums.
constexpr std::size_t few_rows = kernels::some_rows;
constexpr std::size_t most_gradients = 32;

// What costs is to look at the rows, not to remember.
constexpr detail::LbfgsOptions fit_options = {.memory = 64};

/// The objective of `LogisticDiscriminator`, by (w, b).
class Separation {
 public:
  Separation(const DiscriminatorTask& task, double lambda)
      : task_(task),
        rows_(task.rows),
        lambda_(lambda),
        block_(std::max<std::size_t>(
            256, (rows_.size() + most_gradients - 1) / most_gradients)),
        parts_((rows_.size() + block_ - 1) / block_) {
    const auto labelled = static_cast<double>(
        std::count(task.labelled.begin(), task.labelled.end(), 1));
    weight_[0] = 0.5 / (static_cast<double>(rows_.size()) - labelled);
    weight_[1] = 0.5 / labelled;
  }

  std::size_t width() const noexcept { return rows_.width(); }

  /// Its value, and its gradient.
  double operator()(const std::vector<double>& theta,
                    std::vector<double>& gradient) {
    for (Part& part : parts_) {
      part.loss = 0.0;
      part.gradient.setZero(static_cast<Eigen::Index>(width() + 1));
    }
    visit(theta, [&](std::size_t first, const auto& x, const auto& odds) {
      Part& part = parts_[first / block_];
      Few residuals = Few::Zero();
      for (Eigen::Index i = 0; i < x.rows(); ++i) {
        const bool mine = task_.labelled[first + i] != 0;
        // What is not labelled has P; the loss of a row is ln(1 + e^m).
        const double m = mine ? odds[i] : -odds[i];
        const double e = std::exp(-std::abs(m));
        const double weight = weight_[mine ? 1 : 0];
        part.loss += weight * (std::max(m, 0.0) + std::log1p(e));
        residuals[i] =
            (mine ? weight : -weight) * (m > 0.0 ? 1.0 : e) / (1.0 + e);
      }
      part.gradient.head(x.cols()).noalias() +=
          x.transpose() * residuals.head(x.rows());
      part.gradient[x.cols()] += residuals.sum();
    });
    Part sum = parts_[0];
    for (std::size_t p = 1; p < parts_.size(); ++p) {
      sum.loss += parts_[p].loss;
      sum.gradient += parts_[p].gradient;
    }
    sum.gradient.head(sum.gradient.size() - 1) *= rows_.scale();
    for (std::size_t k = 0; k < theta.size(); ++k) {
      sum.loss += lambda_ / 4 * theta[k] * theta[k];
      gradient[k] = sum.gradient[k] + lambda_ / 2 * theta[k];
    }
    return sum.loss;
  }

  /// ⟨w, x⟩ + b of each row.
  std::vector<double> log_odds(const std::vector<double>& theta) const {
    std::vector<double> all(rows_.size());
    visit(theta, [&](std::size_t first, const auto& x, const auto& odds) {
      std::copy_n(odds.begin(), x.rows(), all.begin() + first);
    });
    return all;
  }

  static std::size_t bytes(std::size_t width, std::size_t threads) {
    return (threads * (few_rows + 1) + most_gradients + 4) * (width + 1) *
           sizeof(double);
  }

 private:
  using Few = Eigen::Matrix<double, few_rows, 1>;
  struct Part {
    double loss = 0.0;
    Eigen::VectorXd gradient = {};
  };

  /// Calls `f(first, x, odds)` for a few rows after the other, from threads
  /// that each have a block: x the rows less their mean, which the weights are
  /// scaled for, so that the rows need not be, and ⟨w, x⟩ + b of each.
  void visit(const std::vector<double>& theta, const auto& f) const {
    std::vector<double> scaled = theta;
    for (std::size_t k = 0; k < width(); ++k) scaled[k] *= rows_.scale();
    detail::parallel_blocks(
        rows_.size(), block_,
        detail::threads_worth(task_.threads, rows_.size() * width()),
        [&](std::size_t first, std::size_t last) {
          RowMatrix<double> x(few_rows, width());
          Few odds = Few::Zero();
          std::array<const double*, few_rows> places{};
          for (; first < last; first += few_rows) {
            const std::size_t count = std::min(few_rows, last - first);
            for (std::size_t i = 0; i < count; ++i) {
              const std::span<double> row(x.row(i).data(), width());
              rows_.centred().read(first + i, row);
              places[i] = row.data();
            }
            kernels::multiply_some(scaled.data(), places.data(), count, width(),
                                   odds.data());
            odds.array() += theta[width()];
            f(first, x.topRows(count), odds);
          }
        });
  }

  const DiscriminatorTask& task_;
  detail::StandardRows rows_;
  double lambda_;
  double weight_[2];  // of a row that is not labelled, and of one that is
  std::size_t block_;
  std::vector<Part> parts_;
};

}  // namespace

void LogisticDiscriminator::validate() const {
  detail::expect_option(std::isfinite(lambda) && lambda > 0.0, "lambda", lambda,
                        "finite and above 0");
}

std::vector<double> LogisticDiscriminator::log_odds(
    const DiscriminatorTask& task) const {
  Separation separation(task, lambda);
  return separation.log_odds(detail::minimise(
      std::ref(separation), std::vector<double>(separation.width() + 1),
      fit_options, task.go_on));
}

std::size_t LogisticDiscriminator::bytes(std::size_t rows, std::size_t width,
                                         std::size_t threads) const {
  return rows * sizeof(double) + Separation::bytes(width, threads) +
         detail::lbfgs_bytes(width + 1, fit_options);
}

void DiscriminativeOptions::validate() const {
  detail::expect_at_least_one("sub_batches", sub_batches);
}

namespace detail {

std::vector<RankedPick> pick_discriminative(
    const DiscriminativeOptions& options, const PoolView& pool,
    std::size_t budget, SelectContext& context,
    const std::function<std::vector<double>(const DiscriminatorTask&)>&
        log_odds) {
  budget = std::min(budget, pool.candidates().size());
  if (budget == 0) return {};
  const std::size_t part =
      (budget + options.sub_batches - 1) / options.sub_batches;
  const std::vector<std::size_t> known = ground_of(pool);
  const kernels::RowSet rows(pool.input(inputs::embeddings), known);
  std::vector<std::uint8_t> labelled(known.size());
  for (std::size_t i = 0; i < known.size(); ++i) {
    labelled[i] = std::binary_search(pool.labelled().begin(),
                                     pool.labelled().end(), known[i]);
  }
  std::vector<RankedPick> picks;
  Ticker ticker(context, budget);
  const std::function<Flow()> go_on = [&] {
    return ticker.stop(picks.size()) ? Flow::stop : Flow::go_on;
  };
  while (picks.size() < budget && go_on() == Flow::go_on) {
    const bool cold = picks.empty() && pool.labelled().empty();
    const std::vector<double> odds =
        cold ? std::vector<double>(known.size(), 0.0)
             : log_odds({.rows = rows,
                         .labelled = labelled,
                         .threads = context.threads,
                         .go_on = go_on});
    if (go_on() == Flow::stop) break;
    TopK top(std::min(part, budget - picks.size()), PickOrder(context.ties));
    for (std::size_t i = 0; i < known.size(); ++i) {
      // Rows ascend, so places order as they do.
      if (labelled[i] == 0) top.push({odds[i], pool.key(known[i]), i});
    }
    for (const RankedPick& best : top.sorted()) {
      labelled[best.index] = 1;
      picks.push_back({known[best.index],
                       cold ? std::nan("") : 1 / (1 + std::exp(-best.score))});
    }
  }
  ticker.finish(picks.size());
  return picks;
}

std::size_t discriminative_bytes(const PoolView& pool) {
  return (pool.candidates().size() + pool.labelled().size()) *
         (sizeof(std::size_t) + sizeof(double) + 1 + sizeof(RankedPick) +
          2 * sizeof(ScoredRow));
}

}  // namespace detail

}  // namespace quarry
