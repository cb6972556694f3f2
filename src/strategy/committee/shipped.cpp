#include "strategy/shipped.hpp"

#include "quarry/strategy/committee/scores.hpp"

namespace quarry::detail {

std::vector<RegisteredStrategy> committee_strategies() {
  return {
      plain<VoteEntropy>({.name = "vote_entropy",
                          .family = "committee",
                          .summary = "the entropy of the members' votes",
                          .cost = "O(K N C)",
                          .paper = "Dagan & Engelson 1995"}),
      plain<MaxDisagreement>(
          {.name = "max_disagreement",
           .family = "committee",
           .summary = "max KL(p_k || mean p): one member disagrees",
           .cost = "O(K N C)",
           .paper = "McCallum & Nigam 1998; Danka & Horvath 2018"}),
      plain<KlQbc>({.name = "kl_qbc",
                    .family = "committee",
                    .summary = "mean KL(p_k || mean p): the members disagree; "
                               "equals bald",
                    .cost = "O(K N C)",
                    .paper = "McCallum & Nigam 1998"}),
  };
}

}  // namespace quarry::detail
