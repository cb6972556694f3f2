#include "quarry/strategy/uncertainty/egl.hpp"

#include <cmath>
#include <cstddef>
#include <span>

#include "quarry/strategy/detail/sums.hpp"

namespace quarry {

double Egl::score(const Prediction& prediction) const {
  const RowView& p = prediction.probabilities;
  // Squares are added up from both ends: those of all classes, less that of
  // one, would cancel where it is nearly certain.
  Row after = Row::Zero(p.size() + 1);
  for (Eigen::Index y = p.size() - 1; y >= 0; --y) {
    after[y] = after[y + 1] + p[y] * p[y];
  }
  double before = 0.0;
  double sum = 0.0;
  for (Eigen::Index y = 0; y < p.size(); ++y) {
    const double missing = 1.0 - p[y];
    sum += p[y] * std::sqrt(before + missing * missing + after[y + 1]);
    before += p[y] * p[y];
  }
  const RowView& h = prediction.embedding;
  return sum * detail::length_of(std::span<const double>(
                   h.data(), static_cast<std::size_t>(h.size())));
}

}  // namespace quarry
