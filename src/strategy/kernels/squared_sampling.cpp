#include "quarry/strategy/kernels/squared_sampling.hpp"

#include <algorithm>
#include <limits>

namespace quarry::kernels {
namespace {

constexpr std::size_t first_picks = 8;
constexpr std::size_t most_picks = 128;

}  // namespace

Flow sample_squared(SquaredMetric& metric, std::span<const double> weights,
                    std::size_t rows, std::size_t count, RandomStream& random,
                    std::vector<std::size_t>& picks,
                    const std::function<Flow()>& go_on) {
  std::vector<double> squared(rows, std::numeric_limits<double>::infinity());
  std::vector<double> sums(rows);  // of weight · squared, so far
  std::size_t covered = 0;         // picks that `squared` knows of
  std::size_t limit = first_picks;
  while (picks.size() < count) {
    const auto fresh = std::span(picks).subspan(covered);
    if (metric.cover(fresh, squared) == Flow::stop) return Flow::stop;
    covered = picks.size();
    double total = 0.0;
    for (std::size_t i = 0; i < rows; ++i) {
      total += squared[i] * (weights.empty() ? 1.0 : weights[i]);
      sums[i] = total;
    }
    if (!(total > 0.0)) return Flow::go_on;
    std::size_t trials = 0, kept = 0;
    while (picks.size() < count && kept < limit && trials <= 2 * kept + 4) {
      ++trials;
      const double u = random.uniform() * total;
      const auto at = std::upper_bound(sums.begin(), sums.end(), u);
      if (at == sums.end()) continue;  // u rounded up to the sum
      const auto row = static_cast<std::size_t>(at - sums.begin());
      double now = squared[row];
      for (std::size_t c = covered; c < picks.size() && now > 0.0; ++c) {
        now = std::min(now, metric.between(row, picks[c]));
      }
      if (!(random.uniform() * squared[row] < now)) continue;
      picks.push_back(row);
      ++kept;
      if (go_on() == Flow::stop) return Flow::stop;
    }
    if (kept == limit) limit = std::min(2 * limit, most_picks);
  }
  return Flow::go_on;
}

}  // namespace quarry::kernels
