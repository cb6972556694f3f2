#include "quarry/strategy/regression/committee_std.hpp"

#include <cmath>
#include <vector>

namespace quarry {

void CommitteeStd::score(const PredictionBlock& block,
                         std::span<double> out) const {
  const ArrayView& predictions = block.input(inputs::predictions);
  std::vector<double> row(predictions.cols());
  const auto members = static_cast<double>(row.size());
  for (std::size_t i = 0; i < block.rows; ++i) {
    predictions.read_row(i, row);
    // From the first: members that agree leave exactly nothing.
    const double first = row[0];
    double mean = 0.0;
    for (double& y : row) mean += y -= first;
    mean /= members;
    double squares = 0.0;
    for (const double y : row) squares += (y - mean) * (y - mean);
    out[i] = std::sqrt(squares / members);
  }
}

}  // namespace quarry
