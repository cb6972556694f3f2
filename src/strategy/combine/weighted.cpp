#include "quarry/strategy/combine/weighted.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "quarry/strategy/detail/options.hpp"

#include "strategy/combine/parts.hpp"

namespace quarry {

Weighted::Weighted(std::vector<Part> parts) : parts_(std::move(parts)) {
  QUARRY_EXPECTS(!parts_.empty(), "Weighted: at least one part");
  for (const Part& part : parts_) {
    QUARRY_EXPECTS(part.strategy.kind() == AnyStrategy::Kind::pointwise,
                   "Weighted: pointwise strategies");
    detail::expect_option(std::isfinite(part.weight) && part.weight >= 0.0,
                          "weight", part.weight, "finite and at least 0");
  }
}

Needs Weighted::needs() const {
  Needs needs;
  for (const Part& part : parts_) {
    needs.merge(part.strategy.needs());
  }
  return needs;
}

void Weighted::score(const PredictionBlock& block,
                     std::span<double> out) const {
  std::fill(out.begin(), out.end(), 0.0);
  std::vector<double> scores(out.size());
  for (const Part& part : parts_) {
    if (part.weight == 0.0) continue;  // and 0 times −∞ is no number
    part.strategy.score(block, scores);
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] += part.weight * scores[i];
    }
  }
}

}  // namespace quarry
