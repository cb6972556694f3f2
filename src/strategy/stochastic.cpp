#include "quarry/strategy/stochastic.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "quarry/core/error.hpp"
#include "quarry/strategy/detail/options.hpp"

#include "strategy/gumbel.hpp"
#include "strategy/infinity.hpp"

namespace quarry {
namespace {

/// What β is multiplied with; −∞ for a row that is drawn last.
double log_weight(DrawBy by, double score, std::size_t rank) {
  if (score == -detail::infinity) return -detail::infinity;
  switch (by) {
    case DrawBy::power:
      return score > 0.0 ? std::log(score) : -detail::infinity;
    case DrawBy::softmax:
      return score;
    case DrawBy::softrank:
      break;
  }
  return -std::log(static_cast<double>(rank));
}

/// A row on its way to being drawn.
struct Drawn {
  double sum;     // of the weight and the Gumbel number, to scale
  double gumbel;  // decides where β leaves nothing of it in the sum
  std::size_t place;
};

/// w β + g, divided by β where it is large: it may then be any number.
Drawn drawn(double weight, double beta, double gumbel, std::size_t place) {
  if (weight == -detail::infinity) return {weight, 0.0, place};
  const double sum =
      beta > 1.0 ? weight + gumbel / beta : beta * weight + gumbel;
  return {sum, gumbel, place};
}

bool before(const Drawn& a, const Drawn& b) {
  if (a.sum != b.sum) return a.sum > b.sum;
  if (a.gumbel != b.gumbel) return a.gumbel > b.gumbel;
  return a.place < b.place;
}

}  // namespace

void Stochastic::Options::validate() const {
  detail::expect_option(std::isfinite(beta) && beta >= 0.0, "beta", beta,
                        "finite and at least 0");
}

Stochastic::Stochastic(DrawBy by, AnyStrategy strategy, Options options)
    : by_(by), strategy_(std::move(strategy)), options_(options) {
  QUARRY_EXPECTS(strategy_.kind() == AnyStrategy::Kind::pointwise,
                 "Stochastic: a pointwise strategy");
  options_.validate();
}

std::vector<RankedPick> Stochastic::select(const PoolView& pool,
                                           std::size_t budget,
                                           SelectContext& context) const {
  const std::size_t candidates = pool.candidates().size();
  budget = std::min(budget, candidates);
  if (budget == 0) return {};
  // All of them in order, in buffers that grow by doubling, twice while
  // threads are put together.
  context.expect_memory("a draw by scores", candidates * 6 * sizeof(ScoredRow));
  const detail::Gumbel gumbel(pool, context.random);
  const RankedPicks ranked = select_from(strategy_, pool, candidates, context);
  if (!ranked.complete) return {};
  std::vector<Drawn> rows;
  rows.reserve(candidates);
  for (std::size_t place = 0; place < candidates; ++place) {
    const RankedPick& pick = ranked[place];
    rows.push_back(drawn(log_weight(by_, pick.score, place + 1), options_.beta,
                         gumbel.of(pick.index), place));
  }
  const auto end = rows.begin() + static_cast<std::ptrdiff_t>(budget);
  std::partial_sort(rows.begin(), end, rows.end(), before);
  std::vector<RankedPick> picks;
  for (auto row = rows.begin(); row != end; ++row) {
    picks.push_back(ranked[row->place]);
  }
  return picks;
}

}  // namespace quarry
