#include "strategy/passes.hpp"

#include <algorithm>
#include <functional>

#include "quarry/core/error.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

namespace quarry::detail {

RowView pass(const RowsView& passes, Eigen::Index k) {
  return {passes.data() + k * passes.cols(), passes.cols()};
}

std::vector<std::size_t> vote_counts(const RowsView& passes) {
  QUARRY_EXPECTS(passes.rows() > 0, "vote_counts: at least one pass");
  std::vector<Eigen::Index> votes;
  for (Eigen::Index k = 0; k < passes.rows(); ++k) {
    const RowView p = pass(passes, k);
    votes.push_back(std::max_element(p.begin(), p.end()) - p.begin());
  }
  std::sort(votes.begin(), votes.end());
  std::vector<std::size_t> counts;
  for (auto first = votes.begin(); first != votes.end();) {
    const auto last = std::upper_bound(first, votes.end(), *first);
    counts.push_back(static_cast<std::size_t>(last - first));
    first = last;
  }
  std::sort(counts.begin(), counts.end(), std::greater<>());
  return counts;
}

double entropy(const RowView& p) {
  return Entropy().score(Prediction{.probabilities = p});
}

}  // namespace quarry::detail
