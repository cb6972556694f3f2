#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "quarry/core/array_view.hpp"
#include "quarry/core/matrix.hpp"

namespace quarry {

/// What is known about one sample when it is scored, in double precision.
/// Empty rows stand for inputs the strategy does not need.
struct Prediction {
  RowView probabilities{nullptr, 0};  ///< `[C]`, sums to 1
  RowView embedding{nullptr, 0};      ///< `[D]`
  /// `[K, C]`: the probabilities of each stochastic pass or committee member.
  RowsView passes{nullptr, 0, 0};
  /// The seeded hash of the sample's id: a uniform 64-bit number that depends
  /// on nothing else.
  std::uint64_t key = 0;
};

/// An input and its name.
struct NamedArray {
  std::string_view name;  ///< its characters outlive this
  ArrayView array;
};

/// "probabilities f4 [100, 10], head f4 [10, 64]", or "none".
std::string describe(std::span<const NamedArray> inputs);

/// A run of rows of the pool on their way through the stream.
struct PredictionBlock {
  std::size_t rows = 0;
  /// What the strategy needs: `[rows, …]` each (`passes` is `[K, rows, C]`),
  /// f2, f4 or f8, or whole where the need is not by row.
  std::span<const NamedArray> inputs;
  /// `[rows]` seeded hashes of the ids.
  std::span<const std::uint64_t> keys;

  /// The input called `name`; raises `strategy.missing_input` when there is
  /// none.
  const ArrayView& input(std::string_view name) const;
  bool has(std::string_view name) const noexcept;
};

}  // namespace quarry
