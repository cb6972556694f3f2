#include "strategy/shipped.hpp"

#include "quarry/strategy/regression/committee_std.hpp"
#include "quarry/strategy/regression/greedy.hpp"

namespace quarry::detail {

std::vector<RegisteredStrategy> regression_strategies() {
  return {
      plain<CommitteeStd>({.name = "committee_std",
                           .family = "regression",
                           .summary = "the standard deviation of what members "
                                      "of a committee predict",
                           .cost = "O(N K)",
                           .paper = "Burbidge, Rowland & King 2007"}),
      plain<Gsy<>>({.name = "gsy",
                    .family = "regression",
                    .summary = "covers outputs: the prediction farthest from "
                               "all targets and picks",
                    .cost = "O(N (L + b) T)",
                    .paper = "Wu, Lin & Huang 2019"}),
      plain<Igs<>>({.name = "igs",
                    .family = "regression",
                    .summary = "covers inputs and outputs: the largest least "
                               "product of both distances",
                    .cost = "O(N (L + b) (D + T))",
                    .paper = "Wu, Lin & Huang 2019"}),
  };
}

}  // namespace quarry::detail
