#include "quarry/strategy/detail/row_scores.hpp"

#include <string>

#include "quarry/core/error.hpp"

namespace quarry::detail {

void expect_score(std::size_t row, double score, double least) {
  if (score >= least && score < std::numeric_limits<double>::infinity()) return;
  raise("strategy.bad_score",
        "row " + std::to_string(row) + " was given the uncertainty " +
            std::to_string(score),
        "this is a fault of the measure of uncertainty: see "
        "docs/concepts/strategy.md");
}

}  // namespace quarry::detail
