#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>

#include "quarry/strategy/distance.hpp"

namespace quarry {

/// KL(p ‖ q) = Σ_c p_c ln(p_c / q_c) in nats, with 0 ln 0 = 0. A q_c
/// below the smallest normal number counts as that, so that it stays finite.
double kl_divergence(std::span<const double> p, std::span<const double> q);

/// A `RowDistance` of probabilities: ½ (KL(p ‖ q) + KL(q ‖ p)) in nats, that is
/// ½ Σ_c (p_c − q_c) ln(p_c / q_c). A probability of 0 counts as the smallest
/// normal number. No metric: it has no triangle inequality.
struct SymmetricKl {
  template <class T>
  double reduced(std::span<const T> p, std::span<const T> q) const {
    constexpr double least = std::numeric_limits<double>::min();
    double sum = 0.0;
    for (std::size_t c = 0; c < p.size(); ++c) {
      // The greater first, so that either order gives the same bits.
      const double high = std::max<double>(p[c], q[c]);
      const double low = std::min<double>(p[c], q[c]);
      sum +=
          (high - low) * std::log(std::max(high, least) / std::max(low, least));
    }
    return sum / 2.0;
  }
  double distance(double reduced) const { return reduced; }
};

}  // namespace quarry
