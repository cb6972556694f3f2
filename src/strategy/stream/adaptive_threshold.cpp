#include "quarry/strategy/stream/adaptive_threshold.hpp"

#include <cmath>

#include "quarry/strategy/detail/options.hpp"

namespace quarry {

void AdaptiveThresholdOptions::validate() const {
  detail::expect_option(std::isfinite(start) && start > 0.0, "start", start,
                        "finite and above 0");
  detail::expect_option(step > 0.0 && step < 1.0, "step", step,
                        "above 0 and below 1");
}

AdaptiveThreshold::AdaptiveThreshold(Options options)
    : options_(options), value_(options.start) {
  options_.validate();
}

bool AdaptiveThreshold::ask(double certainty) noexcept {
  const bool asked = certainty < value_;
  value_ *= asked ? 1.0 - options_.step : 1.0 + options_.step;
  return asked;
}

}  // namespace quarry
