#pragma once

#include <cmath>
#include <map>

namespace quarry::test {

/// Whether counts follow a law `{outcome: probability}`: Pearson's statistic is
/// within six deviations of what it is on average. Nothing may happen that the
/// law forbids.
template <class Outcome>
bool follows(const std::map<Outcome, double>& counts,
             const std::map<Outcome, double>& law) {
  double draws = 0.0;
  for (const auto& [outcome, count] : counts) {
    const auto found = law.find(outcome);
    if (found == law.end() || found->second <= 0.0) return false;
    draws += count;
  }
  double statistic = 0.0, cells = 0.0;
  for (const auto& [outcome, probability] : law) {
    const double want = draws * probability;
    if (want <= 0.0) continue;
    const auto found = counts.find(outcome);
    const double got = found == counts.end() ? 0.0 : found->second;
    statistic += (got - want) * (got - want) / want;
    ++cells;
  }
  const double freedom = cells - 1.0;
  return statistic < freedom + 6.0 * std::sqrt(2.0 * freedom) + 1.0;
}

}  // namespace quarry::test
