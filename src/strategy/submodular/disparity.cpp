#include "quarry/strategy/submodular/disparity.hpp"

#include <algorithm>

#include "strategy/infinity.hpp"

namespace quarry {

DisparityMinFunction::DisparityMinFunction(const Similarity& similarity,
                                           Options, std::size_t threads)
    : similarity_(similarity),
      threads_(threads),
      nearest_(similarity.size(), detail::infinity) {}

std::size_t DisparityMinFunction::bytes(std::size_t ground, std::size_t) {
  return 2 * ground * sizeof(double);
}

double DisparityMinFunction::gain(std::size_t row) const {
  const double nearest = nearest_[similarity_.place(row)];
  if (nearest == detail::infinity) return 0.0;
  return least_ ? std::min(nearest, *least_) - *least_ : nearest;
}

void DisparityMinFunction::add(std::size_t row) {
  const double nearest = nearest_[similarity_.place(row)];
  if (nearest < detail::infinity) {
    least_ = std::min(nearest, least_.value_or(detail::infinity));
  }
  add_labelled(row);
}

void DisparityMinFunction::add_labelled(std::size_t row) {
  const std::vector<double> values = similarity_.row(row, threads_);
  for (std::size_t i = 0; i < values.size(); ++i) {
    nearest_[i] = std::min(nearest_[i], 1.0 - values[i]);
  }
}

DisparitySumFunction::DisparitySumFunction(const Similarity& similarity,
                                           Options, std::size_t threads)
    : similarity_(similarity), threads_(threads), sums_(similarity.size()) {}

std::size_t DisparitySumFunction::bytes(std::size_t ground, std::size_t) {
  return ground * (sizeof(double) + sizeof(detail::ExactSum));
}

double DisparitySumFunction::gain(std::size_t row) const {
  return sums_[similarity_.place(row)].value();
}

void DisparitySumFunction::add(std::size_t row) {
  const std::vector<double> values = similarity_.row(row, threads_);
  for (std::size_t i = 0; i < values.size(); ++i) {
    sums_[i].add(1.0 - values[i]);
  }
}

}  // namespace quarry
