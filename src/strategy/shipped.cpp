#include "strategy/shipped.hpp"

#include <string>
#include <utility>
#include <vector>

#include "quarry/core/error.hpp"
#include "quarry/core/npy.hpp"
#include "quarry/strategy/random.hpp"
#include "quarry/strategy/uncertainty/egl.hpp"
#include "quarry/strategy/uncertainty/expected_cost.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

namespace quarry::detail {
namespace {

AnyStrategy make_expected_cost(StrategyParams& params) {
  const std::string file = params.text("cost_matrix", "");
  if (file.empty()) return ExpectedCost();
  const NpyArray costs = read_npy(file);
  if (costs.shape().size() != 2) {
    raise("strategy.bad_param", "parameter cost_matrix=" + file +
                                    ": must name a matrix [C, C], not " +
                                    costs.view().describe());
  }
  const std::vector<double> values = costs.as<double>();
  return ExpectedCost(Eigen::Map<const RowMatrix<double>>(
      values.data(), static_cast<Eigen::Index>(costs.shape()[0]),
      static_cast<Eigen::Index>(costs.shape()[1])));
}

}  // namespace

std::vector<RegisteredStrategy> shipped_strategies() {
  std::vector<RegisteredStrategy> all = {
      plain<RandomStrategy>({.name = "random",
                             .family = "baseline",
                             .summary = "a seeded random order",
                             .cost = "O(N)",
                             .stochastic = true}),
      plain<LeastConfidence>({.name = "least_confidence",
                              .family = "uncertainty",
                              .summary = "1 - p(1): the likeliest class is "
                                         "unlikely",
                              .cost = "O(N C)",
                              .paper = "Lewis & Gale 1994; Culotta & McCallum "
                                       "2005"}),
      plain<Margin>({.name = "margin",
                     .family = "uncertainty",
                     .summary = "1 - (p(1) - p(2)): the two likeliest classes "
                                "are close",
                     .cost = "O(N C)",
                     .paper = "Scheffer, Decomain & Wrobel 2001"}),
      plain<Ratio>({.name = "ratio",
                    .family = "uncertainty",
                    .summary = "p(2) / p(1): the two likeliest classes are "
                               "close, as a ratio",
                    .cost = "O(N C)",
                    .paper = "Settles 2009"}),
      plain<Entropy>({.name = "entropy",
                      .family = "uncertainty",
                      .summary = "-sum p ln p: the distribution is flat",
                      .cost = "O(N C)",
                      .paper = "Settles 2009; Shannon 1948"}),
      {{.name = "expected_cost",
        .family = "uncertainty",
        .needs = ExpectedCost().needs(),
        .summary = "min_j sum_i p_i cost(i, j): even the best decision is dear",
        .params = "cost_matrix=FILE.npy",
        .cost = "O(N C^2)",
        .paper = "Chen & Lin 2013"},
       make_expected_cost},
      plain<Egl>({.name = "egl",
                  .family = "uncertainty",
                  .summary = "how far the label is expected to move the last "
                             "layer: ||h|| sum_y p_y ||p - e_y||",
                  .cost = "O(N (C + D))",
                  .paper = "Settles & Craven 2008"}),
  };
  for (const auto family :
       {adversarial_strategies, bayesian_strategies, combined_strategies,
        committee_strategies, density_strategies, embedding_strategies,
        hybrid_strategies, multilabel_strategies, regression_strategies,
        stream_strategies, submodular_strategies}) {
    for (const RegisteredStrategy& strategy : family()) {
      all.push_back(strategy);
    }
  }
  return all;
}

}  // namespace quarry::detail
