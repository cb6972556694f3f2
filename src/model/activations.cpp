#include "quarry/model/detail/activations.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

namespace quarry::detail {
namespace {

using Floats = std::span<const float>;

void softmax(Floats logits, std::span<float> out, std::vector<double>& powers) {
  const double highest = *std::max_element(logits.begin(), logits.end());
  double sum = 0.0;
  for (std::size_t c = 0; c < logits.size(); ++c) {
    powers[c] = std::exp(double{logits[c]} - highest);
    sum += powers[c];
  }
  for (std::size_t c = 0; c < logits.size(); ++c) {
    out[c] = static_cast<float>(powers[c] / sum);
  }
}

}  // namespace

Matrix probabilities_of(const Matrix& logits, Task task) {
  if (task == Task::regression || logits.size() == 0) return logits;
  Matrix out(logits.rows(), logits.cols());
  const auto columns = static_cast<std::size_t>(logits.cols());
  std::vector<double> powers(columns);
  for (Eigen::Index r = 0; r < logits.rows(); ++r) {
    const Floats from(logits.row(r).data(), columns);
    const std::span<float> to(out.row(r).data(), columns);
    if (task == Task::multiclass) {
      softmax(from, to, powers);
      continue;
    }
    for (std::size_t c = 0; c < columns; ++c) {
      to[c] = static_cast<float>(1.0 / (1.0 + std::exp(-double{from[c]})));
    }
  }
  return out;
}

}  // namespace quarry::detail
