#pragma once

#include <cstddef>

#include <Eigen/Core>

namespace quarry {

/// A dense row-major matrix: a row is a sample, as in NumPy and libtorch.
template <class T>
using RowMatrix =
    Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// The matrix type of predictions and embeddings: `[N, C]` or `[N, D]` floats.
using Matrix = RowMatrix<float>;

/// A read-only view of row-major floats that somebody else owns.
using MatrixView = Eigen::Map<const Matrix>;

/// A writable view of row-major floats that somebody else owns.
using MatrixRef = Eigen::Map<Matrix>;

/// One row of doubles, `[C]`; element-wise arithmetic.
using Row = Eigen::Array<double, 1, Eigen::Dynamic, Eigen::RowMajor>;

/// A read-only view of one row of doubles.
using RowView = Eigen::Map<const Row>;

/// A few rows of doubles, `[K, C]`; element-wise arithmetic.
using Rows =
    Eigen::Array<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// A read-only view of a few rows of doubles.
using RowsView = Eigen::Map<const Rows>;

}  // namespace quarry
