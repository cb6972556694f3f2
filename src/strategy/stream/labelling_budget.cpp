#include "quarry/strategy/stream/labelling_budget.hpp"

#include <cmath>

#include "quarry/strategy/detail/options.hpp"

namespace quarry {

void LabellingBudgetOptions::validate() const {
  detail::expect_option(fraction > 0.0 && fraction <= 1.0, "fraction", fraction,
                        "above 0 and at most 1");
  detail::expect_option(std::isfinite(window) && window >= 1.0, "window",
                        window, "finite and at least 1");
}

LabellingBudget::LabellingBudget(Options options) : options_(options) {
  options_.validate();
}

bool LabellingBudget::count(bool asked) noexcept {
  const double w = options_.window;
  asked_ = asked_ * (w - 1.0) / w + (asked ? 1.0 : 0.0);
  return asked;
}

}  // namespace quarry
