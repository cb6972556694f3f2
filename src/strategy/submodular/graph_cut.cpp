#include "quarry/strategy/submodular/graph_cut.hpp"

#include <array>
#include <cmath>

#include "quarry/strategy/detail/options.hpp"

#include "strategy/part_sums.hpp"

namespace quarry {

void GraphCutFunction::Options::validate() const {
  detail::expect_option(std::isfinite(lambda) && lambda >= 0.0, "lambda",
                        lambda, "finite and at least 0");
}

GraphCutFunction::GraphCutFunction(const Similarity& similarity,
                                   Options options, std::size_t threads)
    : similarity_(similarity),
      lambda_(options.lambda),
      threads_(threads),
      gains_(similarity.size()),
      known_(similarity.size()) {
  options.validate();
}

std::size_t GraphCutFunction::bytes(std::size_t ground, std::size_t) {
  return ground * (sizeof(detail::ExactSum) + sizeof(double)) +
         detail::PartSums::bytes(detail::greedy_batch, ground);
}

double GraphCutFunction::gain(std::size_t row) const {
  double value = 0.0;
  gains(std::array{row}, std::span(&value, 1));
  return value;
}

void GraphCutFunction::gains(std::span<const std::size_t> rows,
                             std::span<double> out) const {
  std::vector<std::size_t> unknown;
  for (const std::size_t row : rows) {
    if (!known_[similarity_.place(row)]) unknown.push_back(row);
  }
  const auto sums = unknown.empty() ? std::vector<detail::ExactSum>()
                                    : detail::sums_over_ground(
                                          similarity_, unknown, threads_);
  for (std::size_t i = 0; i < unknown.size(); ++i) {
    const std::size_t j = similarity_.place(unknown[i]);
    gains_[j].add(sums[i]);
    gains_[j].add(-lambda_ * similarity_.self(unknown[i]));
    known_[j] = true;
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out[i] = gains_[similarity_.place(rows[i])].value();
  }
}

void GraphCutFunction::add(std::size_t row) {
  const std::vector<double> values = similarity_.row(row, threads_);
  for (std::size_t j = 0; j < values.size(); ++j) {
    gains_[j].add(-2.0 * lambda_ * values[j]);
  }
}

}  // namespace quarry
