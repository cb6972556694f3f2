#include "net/backoff.hpp"

#include <algorithm>
#include <cmath>

namespace quarry::detail {

double backoff(const NetworkOptions& options, std::size_t nth,
               RandomStream& random) {
  const auto doublings = std::clamp<std::size_t>(nth, 1, 31) - 1;
  const double doubled =
      std::ldexp(options.backoff, static_cast<int>(doublings));
  return random.uniform(0.0, std::min(doubled, options.max_backoff));
}

}  // namespace quarry::detail
