#include "strategy/shipped.hpp"

#include <limits>
#include <string>

#include "quarry/strategy/hybrid/alfa_mix.hpp"
#include "quarry/strategy/hybrid/bait.hpp"
#include "quarry/strategy/hybrid/cal.hpp"
#include "quarry/strategy/hybrid/cdal.hpp"
#include "quarry/strategy/hybrid/cluster_margin.hpp"
#include "quarry/strategy/hybrid/discriminative.hpp"
#include "quarry/strategy/hybrid/drop_query.hpp"
#include "quarry/strategy/hybrid/expected_error_reduction.hpp"
#include "quarry/strategy/hybrid/falcun.hpp"

#include "strategy/cluster_params.hpp"

namespace quarry::detail {
namespace {

AnyStrategy make_alfa_mix(StrategyParams& params) {
  AlfaMixOptions options;
  if (!params.text("eps", "").empty()) {
    options.epsilon = params.number("eps", 0.0, 0);
  }
  return AlfaMix<>(options, clusterer_of(params));
}

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

AnyStrategy make_discriminative(StrategyParams& params) {
  DiscriminativeOptions options;
  LogisticDiscriminator classifier;
  options.sub_batches = params.count("sub_batches", options.sub_batches, 1);
  classifier.lambda = params.number("lambda", classifier.lambda, 0);
  return Discriminative<>(options, classifier);
}

AnyStrategy make_drop_query(StrategyParams& params) {
  DropQueryOptions options;
  options.passes = params.count("passes", options.passes, 1);
  options.rate = params.number("rate", options.rate, 0, 1);
  options.threshold = params.number("threshold", options.threshold, 0, 1);
  options.scale = params.number("scale", options.scale, 0);
  return DropQuery<>(options, clusterer_of(params));
}

AnyStrategy make_expected_error_reduction(StrategyParams& params) {
  ExpectedErrorReductionOptions options;
  options.candidates = params.count("candidates", options.candidates);
  options.lambda = params.number("lambda", options.lambda, 0);
  const std::string loss =
      params.one_of("loss", "entropy", {"entropy", "least_confidence"});
  if (loss == "entropy") return ExpectedErrorReduction<>(options);
  return ExpectedErrorReduction<LeastConfidence>(options);
}

AnyStrategy make_falcun(StrategyParams& params) {
  FalcunOptions options;
  options.gamma = params.number("gamma", options.gamma, 0);
  return Falcun(options);
}

}  // namespace

std::vector<RegisteredStrategy> hybrid_strategies() {
  return {
      {{.name = "alfa_mix",
        .family = "hybrid",
        .needs = AlfaMix<>::needs(),
        .summary = "of what is predicted otherwise once it is mixed with "
                   "labelled samples, the middle of clusters",
        .params = std::string("eps=0.2/sqrt(D) ") + k_means_params,
        .cost = "O(N D (A + C)) and O(N b D) an iteration",
        .paper = "Parvaneh, Abbasnejad, Teney, Haffari, van den Hengel & Shi "
                 "2022",
        .stochastic = true},
       make_alfa_mix},
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
      {{.name = "discriminative",
        .family = "hybrid",
        .needs = Discriminative<>::needs(),
        .summary = "what a classifier tells from all that is labelled or "
                   "picked",
        .params = "sub_batches=10 lambda=0.01",
        .cost = "O(N D) an iteration of each part",
        .paper = "Gissin & Shalev-Shwartz 2019"},
       make_discriminative},
      {{.name = "drop_query",
        .family = "hybrid",
        .needs = DropQuery<>::needs(),
        .summary = "of what is predicted otherwise once features are dropped, "
                   "the middle of clusters",
        .params = std::string("passes=3 rate=0.75 threshold=0.5 scale=1 ") +
                  k_means_params,
        .cost = "O(N K C D) and O(N b D) an iteration",
        .paper = "Gupte, Aklilu, Nirschl & Yeung-Levy 2024",
        .stochastic = true},
       make_drop_query},
      {{.name = "expected_error_reduction",
        .family = "hybrid",
        .needs = ExpectedErrorReduction<>::needs(),
        .summary = "whose label is expected to leave least doubt about the "
                   "pool, once a linear head has learnt it",
        .params = "candidates=100 lambda=1 loss=entropy|least_confidence",
        .cost = "O(M N C^2 D), M candidates",
        .paper = "Roy & McCallum 2001",
        .stochastic = true},
       make_expected_error_reduction},
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
