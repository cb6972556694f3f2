#include "strategy/shipped.hpp"

#include "quarry/strategy/bayesian/consensus.hpp"
#include "quarry/strategy/bayesian/epig.hpp"
#include "quarry/strategy/bayesian/scores.hpp"

namespace quarry::detail {
namespace {

StrategyInfo info(std::string name, std::string summary, std::string paper) {
  return {.name = std::move(name),
          .family = "bayesian",
          .summary = std::move(summary),
          .cost = "O(K N C)",
          .paper = std::move(paper)};
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
