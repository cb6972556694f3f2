#include "strategy/shipped.hpp"

#include <limits>

#include "quarry/strategy/hybrid/bait.hpp"
#include "quarry/strategy/hybrid/cal.hpp"
#include "quarry/strategy/hybrid/cdal.hpp"
#include "quarry/strategy/hybrid/cluster_margin.hpp"
#include "quarry/strategy/hybrid/falcun.hpp"

namespace quarry::detail {
namespace {

AnyStrategy make_bait(StrategyParams& params) {
  BaitOptions options;
  options.lambda = params.number("lambda", options.lambda,
                                 std::numeric_limits<double>::min());
  options.oversample = params.count("oversample", options.oversample, 1);
  return Bait(options);
}

AnyStrategy make_cal(StrategyParams& params) {
  CalOptions options;
  options.k = params.count("k", options.k, 1);
  return Cal<>(options);
}

AnyStrategy make_cluster_margin(StrategyParams& params) {
  ClusterMarginOptions options;
  params.one_of("linkage", "average", {"average"});
  options.distance_threshold =
      params.number("distance_threshold", options.distance_threshold, 0);
  options.cluster_size = params.count("cluster_size", options.cluster_size, 1);
  options.k_m = params.count("k_m", options.k_m);
  return ClusterMargin<>(options);
}

AnyStrategy make_falcun(StrategyParams& params) {
  FalcunOptions options;
  options.gamma = params.number("gamma", options.gamma, 0);
  return Falcun(options);
}

}  // namespace

std::vector<RegisteredStrategy> hybrid_strategies() {
  return {
      {{.name = "bait",
        .family = "hybrid",
        .needs = Bait::needs(),
        .summary = "the batch whose Fisher information leaves least doubt "
                   "about the pool",
        .params = "lambda=1 oversample=2",
        .cost = "O(N C^2 D^2 + C^3 D^3 + b N C^2 D)",
        .paper = "Ash, Goel, Krishnamurthy & Kakade 2021"},
       make_bait},
      {{.name = "cal",
        .family = "hybrid",
        .needs = Cal<>::needs(),
        .summary = "close to labelled samples, and predicted otherwise",
        .params = "k=10",
        .cost = "O(N L D + N k C)",
        .paper = "Margatina, Vernikos, Barrault & Aletras 2021"},
       make_cal},
      plain<Cdal<>>({.name = "cdal",
                     .family = "hybrid",
                     .summary = "covers the pool by what is predicted, in "
                                "symmetric KL divergence",
                     .cost = "O(N (L + b) C)",
                     .paper = "Agarwal, Arora, Anand & Arora 2020"}),
      {{.name = "cluster_margin",
        .family = "hybrid",
        .needs = ClusterMargin<>::needs(),
        .summary = "uncertain samples of as many clusters as there are",
        .params = "linkage=average distance_threshold= cluster_size=10 k_m=0",
        .cost = "O(N^2 D + N C)",
        .paper = "Citovsky, DeSalvo, Gentile, Karydas, Rajagopalan, "
                 "Rostamizadeh & Kumar 2021",
        .stochastic = true},
       make_cluster_margin},
      {{.name = "falcun",
        .family = "hybrid",
        .needs = Falcun::needs(),
        .summary = "a draw of what is uncertain, and predicted unlike what "
                   "was drawn",
        .params = "gamma=10",
        .cost = "O(N b C)",
        .paper = "Gilhuber, Beer, Ma & Seidl 2024",
        .stochastic = true},
       make_falcun},
  };
}

}  // namespace quarry::detail
