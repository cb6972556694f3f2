#include "quarry/strategy/hybrid/falcun.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "quarry/core/matrix.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/detail/parallel.hpp"
#include "quarry/strategy/detail/ticker.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

#include "strategy/uniforms.hpp"

namespace quarry {
namespace {

class Draws {
 public:
  Draws(const PoolView& pool, const FalcunOptions& options,
        const SelectContext& context, std::size_t budget)
      : candidates_(pool.candidates()),
        gamma_(options.gamma),
        context_(context),
        uniforms_(pool, context.random, "falcun", budget),
        budget_(budget),
        taken_(candidates_.size(), false),
        weights_(candidates_.size()) {
    const ArrayView& p = pool.input(inputs::probabilities);
    p_.resize(static_cast<Eigen::Index>(candidates_.size()),
              static_cast<Eigen::Index>(p.cols()));
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      p.read_row(candidates_[i], std::span(p_.data() + i * p.cols(), p.cols()));
      uncertainty_.push_back(Margin().score(Prediction{
          .probabilities = RowView(p_.data() + i * p.cols(), p_.cols())}));
    }
    distance_ = uncertainty_;
  }

  std::vector<RankedPick> pick() {
    detail::Ticker ticker(context_, budget_);
    std::vector<RankedPick> picks;
    while (picks.size() < budget_ && !ticker.stop(picks.size())) {
      const std::size_t i = draw();
      taken_[i] = true;
      picks.push_back({candidates_[i], uncertainty_[i] + distance_[i]});
      if (picks.size() < budget_) move_away(i);
    }
    ticker.finish(picks.size());
    return picks;
  }

 private:
  static constexpr std::size_t block = 1024;

  template <class Body>
  void for_each(const Body& body) {
    // A power, or a distance.
    const std::size_t operations = candidates_.size() * (20 + p_.cols());
    detail::parallel_blocks(candidates_.size(), block,
                            detail::threads_worth(context_.threads, operations),
                            [&](std::size_t first, std::size_t last) {
                              for (std::size_t i = first; i < last; ++i) {
                                body(i);
                              }
                            });
  }

  /// A candidate that is not taken.
  std::size_t draw() {
    double most = 0.0;
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      if (!taken_[i]) most = std::max(most, uncertainty_[i] + distance_[i]);
    }
    for_each([&](std::size_t i) {
      // In proportion to the largest, whatever γ is.
      const double share =
          most > 0.0 ? (uncertainty_[i] + distance_[i]) / most : 1.0;
      weights_[i] = taken_[i] ? 0.0 : std::pow(share, gamma_);
    });
    double total = 0.0;
    for (const double weight : weights_) total += weight;
    return detail::inverse_cdf(weights_, total, uniforms_.next());
  }

  /// Brings the distances up to date with a pick.
  void move_away(std::size_t pick) {
    const auto p = p_.row(static_cast<Eigen::Index>(pick));
    for_each([&](std::size_t i) {
      const auto mine = p_.row(static_cast<Eigen::Index>(i));
      distance_[i] = std::min(distance_[i], (mine - p).abs().sum());
    });
    const auto [low, high] =
        std::minmax_element(distance_.begin(), distance_.end());
    const double least = *low;
    const double range = *high - least;
    for (double& d : distance_) d = range > 0.0 ? (d - least) / range : 0.0;
  }

  std::span<const std::size_t> candidates_;
  double gamma_;
  const SelectContext& context_;
  detail::Uniforms uniforms_;
  std::size_t budget_;
  Rows p_;  // [candidates, C]
  std::vector<double> uncertainty_;
  std::vector<double> distance_;
  std::vector<char> taken_;
  std::vector<double> weights_;
};

}  // namespace

void FalcunOptions::validate() const {
  detail::expect_option(std::isfinite(gamma) && gamma >= 0.0, "gamma", gamma,
                        "finite and at least 0");
}

Falcun::Falcun(Options options) : options_(options) {
  options_.validate();
}

std::vector<RankedPick> Falcun::select(const PoolView& pool, std::size_t budget,
                                       SelectContext& context) const {
  const std::size_t classes = pool.input(inputs::probabilities).cols();
  const std::size_t candidates = pool.candidates().size();
  budget = std::min(budget, candidates);
  if (budget == 0) return {};
  context.expect_memory("falcun", candidates * (classes + 4) * sizeof(double));
  return Draws(pool, options_, context, budget).pick();
}

}  // namespace quarry
