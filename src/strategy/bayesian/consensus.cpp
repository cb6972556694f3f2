#include "quarry/strategy/bayesian/consensus.hpp"

#include "quarry/core/error.hpp"

namespace quarry {

Row consensus(const RowsView& passes) {
  QUARRY_EXPECTS(passes.rows() > 0, "consensus: at least one pass");
  // One pass after the other, so that no instruction set adds in another order.
  Row sum = passes.row(0);
  Row least = sum;
  Row greatest = sum;
  for (Eigen::Index k = 1; k < passes.rows(); ++k) {
    sum += passes.row(k);
    least = least.min(passes.row(k));
    greatest = greatest.max(passes.row(k));
  }
  sum /= static_cast<double>(passes.rows());
  return sum.max(least).min(greatest);
}

}  // namespace quarry
