#include "strategy/known_labels.hpp"

#include <algorithm>

#include "quarry/core/error.hpp"

namespace quarry::detail {

std::span<const std::int64_t> known_labels(const PoolView& pool) {
  const auto labels = pool.labels();
  const bool known = std::any_of(labels.begin(), labels.end(),
                                 [](std::int64_t label) { return label >= 0; });
  if (!known && !pool.labelled().empty()) {
    raise("strategy.missing_input",
          "the strategy needs the classes of the labelled rows, and there are "
          "none",
          "quarry rank takes them as --labels FILE.npy, a pool as its labels");
  }
  return labels;
}

}  // namespace quarry::detail
