#include "quarry/strategy/detail/known_outputs.hpp"

#include <cmath>
#include <span>
#include <string>

#include "quarry/core/error.hpp"
#include "quarry/strategy/detail/pool_of_rows.hpp"
#include "quarry/strategy/needs.hpp"

namespace quarry::detail {
namespace {

/// Reads what stands in columns from `first` on. Rows that failed stay as they
/// are: nobody looks at them.
void read_into(RowMatrix<double>& values, std::size_t first,
               const ArrayView& array, const PoolView& pool) {
  const auto stride = static_cast<std::size_t>(values.cols());
  for (const auto rows : {pool.candidates(), pool.labelled()}) {
    for (const std::size_t i : rows) {
      array.read_row(
          i, std::span(values.data() + i * stride + first, array.cols()));
    }
  }
}

void read_targets(RowMatrix<double>& values, std::size_t first,
                  const PoolView& pool) {
  const auto labelled = pool.labelled();
  if (labelled.empty()) return;
  const ArrayView& targets = pool.input(inputs::targets);
  const std::size_t width = pool.input(inputs::predictions).cols();
  const bool all = targets.rows() == pool.rows();
  if (!is_float(targets.dtype()) || targets.rank() == 0 ||
      (!all && targets.rows() != labelled.size()) || targets.cols() != width) {
    raise("strategy.input_shape",
          "targets is " + targets.describe() + ", but " +
              std::to_string(labelled.size()) + " of " +
              std::to_string(pool.rows()) +
              " rows are labelled, and the predictions have " +
              std::to_string(width) + " numbers each",
          "it must be f2, f4 or f8, with a row for each labelled one, in the "
          "order of rows, or for each of the pool");
  }
  const auto stride = static_cast<std::size_t>(values.cols());
  for (std::size_t i = 0; i < labelled.size(); ++i) {
    const std::span row(values.data() + labelled[i] * stride + first, width);
    const std::size_t from = all ? labelled[i] : i;
    targets.read_row(from, row);
    for (const double y : row) {
      if (std::isfinite(y)) continue;
      raise("strategy.bad_row",
            "row " + std::to_string(from) + " of targets is not finite",
            "a labelled sample has a target");
    }
  }
}

RowMatrix<double> zeros(const PoolView& pool, std::size_t width) {
  return RowMatrix<double>::Zero(static_cast<Eigen::Index>(pool.rows()),
                                 static_cast<Eigen::Index>(width));
}

}  // namespace

RowMatrix<double> known_outputs(const PoolView& pool) {
  const ArrayView& predictions = pool.input(inputs::predictions);
  RowMatrix<double> values = zeros(pool, predictions.cols());
  read_into(values, 0, predictions, pool);
  read_targets(values, 0, pool);
  return values;
}

RowMatrix<double> features_and_outputs(const PoolView& pool) {
  const ArrayView& embeddings = pool.input(inputs::embeddings);
  const ArrayView& predictions = pool.input(inputs::predictions);
  RowMatrix<double> values =
      zeros(pool, embeddings.cols() + predictions.cols());
  read_into(values, 0, embeddings, pool);
  read_into(values, embeddings.cols(), predictions, pool);
  read_targets(values, embeddings.cols(), pool);
  return values;
}

ArrayView view_of(const RowMatrix<double>& rows) {
  return {rows.data(),
          {static_cast<std::size_t>(rows.rows()),
           static_cast<std::size_t>(rows.cols())}};
}

std::size_t bytes_of_outputs(const PoolView& pool, std::size_t features) {
  const std::size_t width = features + pool.input(inputs::predictions).cols();
  return pool.rows() * width * sizeof(double) + bytes_of_pool_of_rows(pool);
}

}  // namespace quarry::detail
