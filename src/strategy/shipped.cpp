#include "strategy/shipped.hpp"

#include <utility>

#include "quarry/strategy/diversity/k_center.hpp"
#include "quarry/strategy/random.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

namespace quarry::detail {
namespace {

AnyStrategy make_k_center(StrategyParams& params) {
  params.one_of("metric", "euclidean", {"euclidean"});
  return KCenter();
}

}  // namespace

std::vector<RegisteredStrategy> shipped_strategies() {
  std::vector<RegisteredStrategy> all = {
      plain<RandomStrategy>({.name = "random",
                             .family = "baseline",
                             .summary = "a seeded random order",
                             .cost = "O(N)"}),
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
      {{.name = "k_center",
        .family = "diversity",
        .needs = KCenter<>::needs(),
        .summary = "covers the pool: always the sample farthest from all that "
                   "is labelled or picked",
        .params = "metric=euclidean",
        .cost = "O(N (L + b) D)",
        .paper = "Sener & Savarese 2018"},
       make_k_center},
  };
  for (auto&& family : {bayesian_strategies(), committee_strategies()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  return all;
}

}  // namespace quarry::detail
