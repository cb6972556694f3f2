#include "quarry/strategy/uncertainty/expected_cost.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "quarry/core/error.hpp"

#include "strategy/row_check.hpp"

namespace quarry {
namespace {

ArrayView view_of(const RowMatrix<double>& costs) {
  return {costs.data(),
          {static_cast<std::size_t>(costs.rows()),
           static_cast<std::size_t>(costs.cols())}};
}

}  // namespace

ExpectedCost::ExpectedCost(RowMatrix<double> costs) : costs_(std::move(costs)) {
  const ArrayView view = view_of(costs_);
  if (view.rows() != view.cols()) {
    raise("strategy.input_shape",
          "the matrix of costs must be [C, C], not " + view.describe());
  }
  detail::expect_sound({view, inputs::cost_matrix, detail::RowKind::numbers},
                       inputs::cost_matrix, "give every decision a cost");
}

Needs ExpectedCost::needs() const {
  Needs needs = {{.name = inputs::probabilities}};
  if (costs_.size() == 0) {
    needs.add({.name = inputs::cost_matrix, .by_row = false});
  }
  return needs;
}

void ExpectedCost::score(const PredictionBlock& block,
                         std::span<double> out) const {
  const ArrayView& p = block.input(inputs::probabilities);
  const ArrayView costs =
      costs_.size() == 0 ? block.input(inputs::cost_matrix) : view_of(costs_);
  const std::size_t classes = p.cols();
  if (costs.rank() != 2 || costs.rows() != classes || costs.cols() != classes) {
    raise("strategy.input_shape",
          "cost_matrix is " + costs.describe() +
              ", but the probabilities are "
              "of " +
              std::to_string(classes) + " classes",
          "it must be [C, C]: the cost of predicting the column when the row "
          "is true");
  }
  const auto width = static_cast<Eigen::Index>(classes);
  Rows cost_of(width, width);
  for (std::size_t i = 0; i < classes; ++i) {
    costs.read_row(i, std::span(cost_of.data() + i * classes, classes));
  }
  std::vector<double> row(classes);
  Row expected(width);
  for (std::size_t n = 0; n < block.rows; ++n) {
    p.read_row(n, std::span(row));
    expected.setZero();
    for (Eigen::Index i = 0; i < width; ++i) {
      expected += row[static_cast<std::size_t>(i)] * cost_of.row(i);
    }
    out[n] = expected.minCoeff();
  }
}

}  // namespace quarry
