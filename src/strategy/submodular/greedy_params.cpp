#include "strategy/submodular/greedy_params.hpp"

#include <string>

namespace quarry::detail {

GreedyOptions greedy_options(StrategyParams& params) {
  const std::string search = params.one_of(
      "optimizer", "lazy", {"lazy", "naive", "stochastic", "lazier_than_lazy"});
  if (search == "lazy") return {};
  if (search == "naive") return {.search = Search::naive};
  return {.search = search == "stochastic" ? Search::stochastic
                                           : Search::lazier_than_lazy,
          .epsilon = params.number("epsilon", GreedyOptions().epsilon, 0, 1)};
}

}  // namespace quarry::detail
