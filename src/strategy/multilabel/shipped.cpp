#include "strategy/shipped.hpp"

#include "quarry/strategy/multilabel/scores.hpp"

namespace quarry::detail {

std::vector<RegisteredStrategy> multilabel_strategies() {
  return {
      plain<MultilabelMinConfidence>(
          {.name = "multilabel_min_confidence",
           .family = "multilabel",
           .summary = "1/2 - min_c |p_c - 1/2|: one label is uncertain",
           .cost = "O(N C)",
           .paper = "Brinker 2006"}),
      plain<MultilabelMeanMargin>(
          {.name = "multilabel_mean_margin",
           .family = "multilabel",
           .summary = "1 - mean |2 p_c - 1|: labels are uncertain on average",
           .cost = "O(N C)",
           .paper = "Esuli & Sebastiani 2009"}),
  };
}

}  // namespace quarry::detail
