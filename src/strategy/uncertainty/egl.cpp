#include "quarry/strategy/uncertainty/egl.hpp"

#include <algorithm>
#include <cmath>

namespace quarry {

namespace {

/// ‖h‖, scaled so that no square overflows; element by element, so that it does
/// not depend on where the row lies.
double length(const RowView& h) {
  double most = 0.0;
  for (const double x : h) most = std::max(most, std::abs(x));
  if (most == 0.0) return 0.0;
  double sum = 0.0;
  for (const double x : h) sum += (x / most) * (x / most);
  return most * std::sqrt(sum);
}

}  // namespace

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
  return length(prediction.embedding) * sum;
}

}  // namespace quarry
