#include "quarry/strategy/top_k.hpp"

#include <string>

#include "quarry/core/error.hpp"

namespace quarry {

std::vector<RankedPick> TopK::sorted() const {
  std::vector<RankedPick> picks;
  for (const ScoredRow& row : TopRows::sorted()) {
    picks.push_back({row.index, row.score});
  }
  return picks;
}

void detail::refuse_score(const ScoredRow& row) {
  raise("strategy.bad_score",
        "row " + std::to_string(row.index) + " was given the score " +
            (row.score > 0 ? "+inf" : "NaN") +
            "; a score is a finite number or -inf",
        "this is a fault of the strategy: see docs/concepts/strategy.md");
}

}  // namespace quarry
