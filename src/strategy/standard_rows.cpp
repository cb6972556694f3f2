#include "strategy/standard_rows.hpp"

#include <cmath>

namespace quarry::detail {

StandardRows::StandardRows(const kernels::RowSet& rows)
    : rows_(rows.less(kernels::mean_of(rows))) {
  const double variance = kernels::mean_variance(rows);
  if (variance > 0.0) scale_ = 1.0 / std::sqrt(variance);
}

void StandardRows::read(std::size_t i, std::span<double> out) const {
  rows_.read(i, out);
  for (double& x : out) x *= scale_;
}

}  // namespace quarry::detail
