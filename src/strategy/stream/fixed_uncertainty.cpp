#include "quarry/strategy/stream/fixed_uncertainty.hpp"

#include <cmath>

#include "quarry/strategy/detail/options.hpp"

namespace quarry {

void FixedUncertaintyOptions::validate() const {
  budget.validate();
  detail::expect_option(std::isfinite(threshold), "threshold", threshold,
                        "finite");
}

}  // namespace quarry
