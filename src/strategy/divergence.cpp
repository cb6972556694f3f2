#include "quarry/strategy/divergence.hpp"

#include <algorithm>

namespace quarry {

double kl_divergence(std::span<const double> p, std::span<const double> q) {
  constexpr double least = std::numeric_limits<double>::min();
  double sum = 0.0;
  for (std::size_t c = 0; c < p.size(); ++c) {
    if (p[c] <= 0.0) continue;
    sum += p[c] * std::log(p[c] / std::max(q[c], least));
  }
  return sum;
}

}  // namespace quarry
