#include "quarry/strategy/stream/split.hpp"

#include "quarry/strategy/detail/options.hpp"

namespace quarry {

void SplitOptions::validate() const {
  budget.validate();
  threshold.validate();
  detail::expect_option(random >= 0.0 && random <= 1.0, "random", random,
                        "from 0 to 1");
}

}  // namespace quarry
