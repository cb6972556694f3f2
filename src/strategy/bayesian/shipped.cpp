#include "strategy/shipped.hpp"

#include <string>
#include <utility>
#include <vector>

#include "quarry/strategy/bayesian/batch_bald.hpp"
#include "quarry/strategy/bayesian/consensus.hpp"
#include "quarry/strategy/bayesian/epig.hpp"
#include "quarry/strategy/bayesian/scores.hpp"
#include "quarry/strategy/stochastic.hpp"

namespace quarry::detail {
namespace {

StrategyInfo info(std::string name, std::string summary, std::string paper) {
  return {.name = std::move(name),
          .family = "bayesian",
          .summary = std::move(summary),
          .cost = "O(K N C)",
          .paper = std::move(paper)};
}

/// Draws by the scores of `bald`.
RegisteredStrategy drawn(std::string name, std::string summary, DrawBy by) {
  StrategyInfo about = info(std::move(name), std::move(summary),
                            "Kirsch, Farquhar, Atighehchian, Jesson, "
                            "Branchaud-Charron & Gal 2021");
  about.needs = Bald::needs();
  about.params = "beta=1";
  about.cost = "O(K N C + N log N)";
  about.stochastic = true;
  return {std::move(about), [by](StrategyParams& params) {
            return AnyStrategy(
                Stochastic(by, Bald(), {.beta = params.number("beta", 1, 0)}));
          }};
}

StrategyInfo batch_bald_info() {
  StrategyInfo about = info("batch_bald",
                            "the batch whose labels tell most together: bald, "
                            "less what the picks tell already",
                            "Kirsch, van Amersfoort & Gal 2019");
  about.needs = BatchBald::needs();
  about.params = "max_configurations=10000 samples=10000 exact=false";
  about.cost = "O(K N C + b e m K C)";
  about.stochastic = true;
  return about;
}

AnyStrategy make_batch_bald(StrategyParams& params) {
  BatchBaldOptions options;
  options.max_configurations =
      params.count("max_configurations", options.max_configurations, 1);
  options.samples = params.count("samples", options.samples, 1);
  options.exact = params.boolean("exact", options.exact);
  return BatchBald(options);
}

}  // namespace

std::vector<RegisteredStrategy> bayesian_strategies() {
  const char* const gal = "Gal, Islam & Ghahramani 2017";
  return {
      plain<McLeastConfidence>(info("mc_least_confidence",
                                    "1 - p(1) of the mean of the passes", gal)),
      plain<McMargin>(info("mc_margin",
                           "1 - (p(1) - p(2)) of the mean of the passes", gal)),
      plain<McEntropy>(
          info("mc_entropy", "-sum p ln p of the mean of the passes", gal)),
      plain<McEntropy>(
          info("consensus_entropy", "mc_entropy, as committees call it", gal)),
      plain<VariationRatio>(
          info("variation_ratio",
               "1 - votes of the commonest class / K: the passes vote apart",
               "Freeman 1965; Gal, Islam & Ghahramani 2017")),
      plain<MeanStd>(info("mean_std",
                          "the spread of the passes, averaged over classes",
                          "Kampffmeyer, Salberg & Jenssen 2016")),
      plain<Bald>(info("bald",
                       "H[mean p] - mean H[p]: the passes are sure, and of "
                       "different classes",
                       "Houlsby, Huszar, Ghahramani & Lengyel 2011")),
      drawn("power_bald", "a draw by bald^beta, without replacement",
            DrawBy::power),
      drawn("softmax_bald", "a draw by exp(beta bald), without replacement",
            DrawBy::softmax),
      drawn("softrank_bald",
            "a draw by rank^-beta, the rank by bald, without replacement",
            DrawBy::softrank),
      {batch_bald_info(), make_batch_bald},
      plain<Epig>({.name = "epig",
                   .family = "bayesian",
                   .summary = "what the label tells about the labels of a "
                              "target set",
                   .cost = "O(N M C^2 K)",
                   .paper = "Bickford Smith, Kirsch, Farquhar, Gal, Foster & "
                            "Rainforth 2023"}),
  };
}

}  // namespace quarry::detail
