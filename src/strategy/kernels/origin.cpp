#include "strategy/kernels/origin.hpp"

#include <cstddef>
#include <span>

namespace quarry::kernels {

std::vector<double> far_mean(const RowSet& rows) {
  const std::size_t step = rows.size() / 1000 + 1;
  const std::size_t count = (rows.size() + step - 1) / step;
  std::vector<double> mean(rows.width(), 0.0), x(rows.width());
  double squares = 0.0;
  for (std::size_t i = 0; i < rows.size(); i += step) {
    rows.read(i, std::span(x));
    for (std::size_t k = 0; k < x.size(); ++k) {
      mean[k] += x[k] / static_cast<double>(count);
      squares += x[k] * x[k] / static_cast<double>(count);
    }
  }
  double length = 0.0;
  for (const double value : mean) length += value * value;
  // Moving rows costs more than it saves while bounds are good without.
  if (!(length > 0.9 * squares)) mean.clear();
  return mean;
}

RowSet about(const RowSet& rows, std::span<const double> origin) {
  return origin.empty() ? rows : rows.less(origin);
}

}  // namespace quarry::kernels
