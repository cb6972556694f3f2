#include "strategy/shipped.hpp"

#include <string>
#include <utility>
#include <vector>

#include "quarry/strategy/diversity/core_set.hpp"
#include "quarry/strategy/diversity/k_center.hpp"
#include "quarry/strategy/diversity/k_means.hpp"
#include "quarry/strategy/diversity/lightweight_coreset.hpp"
#include "quarry/strategy/diversity/typiclust.hpp"
#include "quarry/strategy/hybrid/badge.hpp"
#include "quarry/strategy/hybrid/weighted_clusters.hpp"
#include "quarry/strategy/regression/gsx.hpp"

#include "strategy/cluster_params.hpp"

namespace quarry::detail {
namespace {

bool by_cosine(StrategyParams& params) {
  return params.one_of("metric", "euclidean", {"euclidean", "cosine"}) ==
         "cosine";
}

AnyStrategy make_k_center(StrategyParams& params) {
  if (by_cosine(params)) return KCenter<Cosine>();
  return KCenter();
}

AnyStrategy make_core_set(StrategyParams& params) {
  CoreSetOptions options;
  options.outliers = params.number("outliers", options.outliers, 0);
  options.steps = params.count("steps", options.steps);
  if (by_cosine(params)) return CoreSet<Cosine>(options);
  return CoreSet(options);
}

AnyStrategy make_typiclust(StrategyParams& params) {
  const auto count = [&](const char* key, std::int64_t fallback,
                         std::int64_t low) {
    return static_cast<std::size_t>(params.integer(key, fallback, low));
  };
  TypiClustOptions options;
  options.neighbours = count("k_nn", 20, 1);
  options.min_cluster_size = count("min_cluster_size", 5, 0);
  options.max_clusters = count("max_clusters", 500, 1);
  options.epsilon = params.number("eps", 1e-5);
  const std::string distance =
      params.one_of("distance", "sqeuclidean", {"sqeuclidean", "euclidean"});
  if (distance == "euclidean") {
    options.distance = TypiClustOptions::Distance::euclidean;
  }
  return TypiClust<>(options, clusterer_of(params));
}

}  // namespace

std::vector<RegisteredStrategy> embedding_strategies() {
  return {
      {{.name = "k_center",
        .family = "diversity",
        .needs = KCenter<>::needs(),
        .summary = "covers the pool: always the sample farthest from all that "
                   "is labelled or picked",
        .params = "metric=euclidean|cosine",
        .cost = "O(N (L + b) D)",
        .paper = "Sener & Savarese 2018"},
       make_k_center},
      {{.name = "core_set",
        .family = "diversity",
        .needs = CoreSet<>::needs(),
        .summary = "covers the pool but for a few outliers, as closely as a "
                   "search finds",
        .params = "outliers=0.0001 steps=10 metric=euclidean|cosine",
        .cost = "O(N (L + b) D), and with outliers O(N^2 D) a step",
        .paper = "Sener & Savarese 2018; Charikar, Khuller, Mount & "
                 "Narasimhan 2001"},
       make_core_set},
      {{.name = "k_means",
        .family = "diversity",
        .needs = KMeans<>::needs(),
        .summary = "the samples nearest to the centroids of b clusters",
        .params = std::string("metric=euclidean|cosine ") + k_means_params,
        .cost = "O(N b D) an iteration",
        .paper = "Zhdanov 2019; Bodo, Minier & Csato 2011",
        .stochastic = true},
       [](StrategyParams& params) -> AnyStrategy {
         return KMeans(clusterer_of(params),
                       by_cosine(params) ? kernels::Compared::by_direction
                                         : kernels::Compared::by_place);
       }},
      {{.name = "lightweight_coreset",
        .family = "diversity",
        .needs = LightweightCoreset::needs(),
        .summary = "a draw that favours what is far from the mean",
        .cost = "O(N D)",
        .paper = "Bachem, Lucic & Krause 2018",
        .stochastic = true},
       [](StrategyParams&) -> AnyStrategy {
         return LightweightCoreset();
       }},
      {{.name = "typiclust",
        .family = "diversity",
        .needs = TypiClust<>::needs(),
        .summary = "the most typical sample of each cluster that has the "
                   "fewest labels",
        .params = std::string("k_nn=20 min_cluster_size=5 max_clusters=500 "
                              "eps=1e-05 distance=sqeuclidean|euclidean ") +
                  k_means_params,
        .cost = "O(N K D) an iteration and O(N^2 D / K)",
        .paper = "Hacohen, Dekel & Weinshall 2022",
        .stochastic = true},
       make_typiclust},
      {{.name = "badge",
        .family = "hybrid",
        .needs = Badge::needs(),
        .summary = "a draw of gradients of the last layer that lie far apart",
        .cost = "O(N b (C + D))",
        .paper = "Ash, Zhang, Krishnamurthy, Langford & Agarwal 2020",
        .stochastic = true},
       [](StrategyParams&) -> AnyStrategy {
         return Badge();
       }},
      {{.name = "dbal",
        .family = "hybrid",
        .needs = Dbal<>().needs(),
        .summary = "clusters the beta b samples of least margin by their "
                   "weight, and takes the nearest to each centroid",
        .params = std::string("beta=10 ") + k_means_params,
        .cost = "O(N C + beta b^2 D) an iteration",
        .paper = "Zhdanov 2019",
        .stochastic = true},
       [](StrategyParams& params) -> AnyStrategy {
         const auto beta = params.integer("beta", 10, 1);
         return Dbal<>({.beta = static_cast<std::size_t>(beta)}, {},
                       clusterer_of(params));
       }},
      {{.name = "clue",
        .family = "hybrid",
        .needs = Clue<>().needs(),
        .summary = "the samples nearest to the centroids of b clusters "
                   "weighted by entropy",
        .params = k_means_params,
        .cost = "O(N C + N b D) an iteration",
        .paper = "Prabhu, Chandrasekaran, Saenko & Hoffman 2021",
        .stochastic = true},
       [](StrategyParams& params) -> AnyStrategy {
         return Clue<>({}, clusterer_of(params));
       }},
      plain<Gsx>({.name = "gsx",
                  .family = "regression",
                  .summary = "always the sample whose inputs are farthest from "
                             "all that is labelled or picked",
                  .cost = "O(N (L + b) D)",
                  .paper = "Yu & Kim 2010; Wu, Lin & Huang 2019"}),
  };
}

}  // namespace quarry::detail
