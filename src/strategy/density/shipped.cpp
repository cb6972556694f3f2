#include "strategy/shipped.hpp"

#include <string>
#include <utility>

#include "quarry/strategy/density/dcom.hpp"
#include "quarry/strategy/density/graph_density.hpp"
#include "quarry/strategy/density/herding.hpp"
#include "quarry/strategy/density/information_density.hpp"
#include "quarry/strategy/density/prob_cover.hpp"
#include "quarry/strategy/hybrid/fass.hpp"
#include "quarry/strategy/hybrid/ranked_batch.hpp"

#include "strategy/kernel_params.hpp"
#include "strategy/submodular/greedy_params.hpp"

namespace quarry::detail {
namespace {

/// Calls `make` with the uncertainty that the parameter names.
auto with_uncertainty(StrategyParams& params, std::string_view fallback,
                      const auto& make) {
  const std::string name =
      params.one_of("uncertainty", fallback,
                    {"least_confidence", "margin", "ratio", "entropy"});
  if (name == "least_confidence") return make(LeastConfidence());
  if (name == "margin") return make(Margin());
  if (name == "ratio") return make(Ratio());
  return make(Entropy());
}

AnyStrategy make_information_density(StrategyParams& params) {
  return with_uncertainty(
      params, "entropy", [&]<class Uncertainty>(const Uncertainty&) {
        return with_kernel(
            params, "similarity", "cosine",
            [&]<class Kernel>(const Kernel& kernel) {
              using Strategy = InformationDensity<Uncertainty, Kernel>;
              return AnyStrategy(Strategy(
                  {.beta = params.number("beta", 1.0, 0),
                   .self_included = params.boolean("self_included", false),
                   .kernel = kernel}));
            });
      });
}

AnyStrategy make_max_herding(StrategyParams& params) {
  return with_kernel(
      params, "kernel", "rbf", [&]<class Kernel>(const Kernel& kernel) {
        return AnyStrategy(MaxHerding<Kernel>(
            {.kernel = kernel, .greedy = greedy_options(params)}));
      });
}

AnyStrategy make_uncertainty_herding(StrategyParams& params) {
  return with_uncertainty(
      params, "margin", [&]<class Uncertainty>(const Uncertainty&) {
        return with_kernel(
            params, "kernel", "rbf", [&]<class Kernel>(const Kernel& kernel) {
              return AnyStrategy(UncertaintyHerding<Uncertainty, Kernel>(
                  {.kernel = kernel, .greedy = greedy_options(params)}));
            });
      });
}

AnyStrategy make_graph_density(StrategyParams& params) {
  GraphDensityOptions options;
  options.n_neighbors =
      static_cast<std::size_t>(params.integer("n_neighbors", 10, 1));
  if (!params.text("gamma", "").empty()) {
    options.gamma = params.number("gamma", 0.0, 0);
  }
  return GraphDensity(options);
}

AnyStrategy make_prob_cover(StrategyParams& params) {
  ProbCoverOptions options;
  options.alpha = params.number("alpha", options.alpha, 0, 1);
  if (!params.text("delta", "").empty()) {
    options.delta = params.number("delta", 0.0, 0);
  }
  options.n_clusters = static_cast<std::size_t>(params.integer(
      "n_clusters", static_cast<std::int64_t>(options.n_clusters), 1));
  options.greedy = greedy_options(params);
  return ProbCover(options);
}

AnyStrategy make_dcom(StrategyParams& params) {
  DCoMOptions options;
  options.max_delta = params.number("max_delta", options.max_delta, 0);
  options.k_logistic = params.number("k_logistic", options.k_logistic, 0);
  options.a_logistic = params.number("a_logistic", options.a_logistic);
  return with_uncertainty(params, "margin",
                          [&]<class Uncertainty>(const Uncertainty&) {
                            return AnyStrategy(DCoM<Uncertainty>(options));
                          });
}

AnyStrategy make_fass(StrategyParams& params) {
  return with_uncertainty(
      params, "entropy", [&]<class Uncertainty>(const Uncertainty&) {
        return with_kernel(params, "similarity", "cosine",
                           [&]<class Kernel>(const Kernel& kernel) {
                             return AnyStrategy(Fass<Uncertainty, Kernel>(
                                 {.factor = static_cast<std::size_t>(
                                      params.integer("factor", 5, 1)),
                                  .kernel = kernel,
                                  .greedy = greedy_options(params)}));
                           });
      });
}

AnyStrategy make_ranked_batch(StrategyParams& params) {
  const bool cosine =
      params.one_of("metric", "euclidean", {"euclidean", "cosine"}) == "cosine";
  return with_uncertainty(
      params, "least_confidence",
      [&]<class Uncertainty>(const Uncertainty& uncertainty) {
        return cosine
                   ? AnyStrategy(RankedBatch<Uncertainty, Cosine>(uncertainty))
                   : AnyStrategy(RankedBatch<Uncertainty>(uncertainty));
      });
}

const char* const herding_params =
    "kernel=rbf sigma=1 normalize=true optimizer=lazy epsilon=0.1";

}  // namespace

std::vector<RegisteredStrategy> density_strategies() {
  return {
      {{.name = "information_density",
        .family = "density",
        .needs = InformationDensity<>::needs(),
        .summary = "uncertain, and like much of the pool",
        .params = "beta=1 uncertainty=entropy similarity=cosine sigma=1 "
                  "normalize=true self_included=false",
        .cost = "O(N^2 D)",
        .paper = "Settles & Craven 2008"},
       make_information_density},
      {{.name = "graph_density",
        .family = "density",
        .needs = GraphDensity::needs(),
        .summary = "where the pool is dense, and then elsewhere",
        .params = "n_neighbors=10 gamma=1/D",
        .cost = "O(N^2 D)",
        .paper = "Ebert, Fritz & Schiele 2012"},
       make_graph_density},
      {{.name = "max_herding",
        .family = "density",
        .needs = MaxHerding<>::needs(),
        .summary = "covers the pool by a kernel",
        .params = herding_params,
        .cost = "O(N^2 D), never N^2 memory",
        .paper = "Bae, Sutherland & Noh 2024"},
       make_max_herding},
      {{.name = "uncertainty_herding",
        .family = "density",
        .needs = UncertaintyHerding<>::needs(),
        .summary = "covers by a kernel what the model is unsure of",
        .params = std::string("uncertainty=margin ") + herding_params,
        .cost = "O(N^2 D), never N^2 memory",
        .paper = "Bae, Oliveira & Sutherland 2025"},
       make_uncertainty_herding},
      {{.name = "prob_cover",
        .family = "density",
        .needs = ProbCover::needs(),
        .summary = "covers the pool by balls of a fixed radius",
        .params = "delta=(by alpha) alpha=0.95 n_clusters=10 optimizer=lazy "
                  "epsilon=0.1",
        .cost = "O(N^2 D), never N^2 memory",
        .paper = "Yehuda, Dekel, Hacohen & Weinshall 2022",
        .stochastic = true},
       make_prob_cover},
      {{.name = "dcom",
        .family = "density",
        .needs = DCoM<>::needs(),
        .summary = "covers the pool by balls, then asks what is uncertain",
        .params = "max_delta=0.75 k_logistic=50 a_logistic=0.8 "
                  "uncertainty=margin",
        .cost = "O(N^2 D), never N^2 memory",
        .paper = "Mishal & Weinshall 2024"},
       make_dcom},
      {{.name = "fass",
        .family = "hybrid",
        .needs = Fass<>::needs(),
        .summary = "of what is most uncertain, what represents it",
        .params = "factor=5 uncertainty=entropy similarity=cosine sigma=1 "
                  "normalize=true optimizer=lazy epsilon=0.1",
        .cost = "O(N C + (factor b)^2 D)",
        .paper = "Wei, Iyer & Bilmes 2015"},
       make_fass},
      {{.name = "ranked_batch",
        .family = "hybrid",
        .needs = RankedBatch<>::needs(),
        .summary = "far from what is labelled or picked, and uncertain",
        .params = "uncertainty=least_confidence metric=euclidean",
        .cost = "O(N (L + b) D), O(N^2 D) without labels",
        .paper = "Cardoso, Silva, Canuto, Moro & Goncalves 2017"},
       make_ranked_batch},
  };
}

}  // namespace quarry::detail
