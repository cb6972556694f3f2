#include "quarry/strategy/submodular/facility_location.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "quarry/core/error.hpp"

#include "strategy/part_sums.hpp"

namespace quarry {

FacilityLocationFunction::FacilityLocationFunction(const Similarity& similarity,
                                                   std::vector<double> weights,
                                                   std::size_t threads)
    : similarity_(similarity),
      weights_(std::move(weights)),
      threads_(threads),
      covered_(similarity.size()) {
  QUARRY_EXPECTS(weights_.empty() || weights_.size() == similarity.size(),
                 "FacilityLocationFunction: a weight a row of V, or none");
}

std::size_t FacilityLocationFunction::bytes(std::size_t ground, std::size_t) {
  return 3 * ground * sizeof(double) +
         detail::PartSums::bytes(detail::greedy_batch, ground);
}

double FacilityLocationFunction::gain(std::size_t row) const {
  double value = 0.0;
  gains(std::array{row}, std::span(&value, 1));
  return value;
}

void FacilityLocationFunction::gains(std::span<const std::size_t> rows,
                                     std::span<double> out) const {
  detail::PartSums sums(rows.size(), similarity_);
  similarity_.visit(
      rows, threads_,
      [&](std::size_t i, std::size_t first, std::span<const double> values) {
        detail::ExactSum sum = sums.at(i, first);
        for (std::size_t k = 0; k < values.size(); ++k) {
          const double before = covered_[first + k];
          if (!(values[k] > before)) continue;
          const double weight = weights_.empty() ? 1.0 : weights_[first + k];
          sum.add(weight * values[k]);
          sum.add(-weight * before);
        }
        sums.at(i, first) = sum;
      });
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = sums.whole(i).value();
}

void FacilityLocationFunction::add(std::size_t row) {
  const std::vector<double> values = similarity_.row(row, threads_);
  std::transform(
      values.begin(), values.end(), covered_.begin(), covered_.begin(),
      [](double value, double before) { return std::max(value, before); });
}

}  // namespace quarry
