#include "strategy/passes.hpp"

#include <algorithm>
#include <functional>
#include <span>

#include "quarry/core/error.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

namespace quarry::detail {

Rows rows_for(const ArrayView& passes) {
  QUARRY_EXPECTS(passes.rank() == 3, "passes must be [K, N, C]");
  return Rows(static_cast<Eigen::Index>(passes.shape()[0]),
              static_cast<Eigen::Index>(passes.shape()[2]));
}

void read_passes(const ArrayView& passes, std::size_t i, Rows& into) {
  const auto classes = static_cast<std::size_t>(into.cols());
  for (Eigen::Index k = 0; k < into.rows(); ++k) {
    passes.slab(static_cast<std::size_t>(k))
        .read_row(i, std::span(into.row(k).data(), classes));
  }
}

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
