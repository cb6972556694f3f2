#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "quarry/core/array_view.hpp"
#include "quarry/strategy/prediction.hpp"

namespace quarry {

/// The pool as a set strategy sees it: named arrays over all N rows, and which
/// rows may be picked. It owns the lists of rows, not the arrays.
///
/// `probabilities` is `[N, C]`, `embeddings` `[N, D]`, `passes` `[K, N, C]`,
/// `predictions` `[N]` or `[N, T]`, `label_probabilities` `[N, C]`, each f2, f4
/// or f8; their rows have been checked, so that a strategy need not, and so
/// have those of `cost_matrix` `[C, C]` and `target_probs_mc` `[K, M, C]`. An
/// input of any other name may have any shape.
class PoolView {
 public:
  /// What `PoolView` is made of. Rows in neither list failed: nobody sees them.
  struct Parts {
    std::size_t rows = 0;  ///< N
    /// In memory or mapped.
    std::vector<NamedArray> inputs = {};
    /// Rows that may be picked, ascending.
    std::vector<std::size_t> candidates = {};
    /// Rows that are labelled, ascending.
    std::vector<std::size_t> labelled = {};
    /// `[N]` seeded hashes of the ids.
    std::vector<std::uint64_t> keys = {};
    /// `[labelled.size()]` class indices, −1 where unknown; may be empty.
    std::vector<std::int64_t> labels = {};
  };

  /// Raises `strategy.input_shape` when one of the arrays above has
  /// another shape or dtype, `strategy.bad_row_number` when a row number is not
  /// below N, and `strategy.bad_row` when a candidate or a labelled row is not
  /// fit to be used (see `check_probabilities`). Expects ascending rows, none
  /// of them in both lists, and a key for each. O(size of the arrays).
  explicit PoolView(Parts parts);

  /// The same pool with some of its candidates, ascending; what is left out is
  /// seen by nobody. Shares all else, and looks at no array: O(n log |U|).
  PoolView with_candidates(std::vector<std::size_t> some) const;

  std::size_t rows() const noexcept { return parts_->rows; }
  std::span<const std::size_t> candidates() const noexcept {
    return candidates_;
  }
  std::span<const std::size_t> labelled() const noexcept {
    return parts_->labelled;
  }
  std::span<const std::int64_t> labels() const noexcept {
    return parts_->labels;
  }
  std::uint64_t key(std::size_t row) const { return parts_->keys[row]; }
  std::span<const std::uint64_t> keys() const noexcept { return parts_->keys; }

  bool has(std::string_view name) const noexcept;
  /// The whole array; raises `strategy.missing_input` naming it.
  const ArrayView& input(std::string_view name) const;
  std::span<const NamedArray> inputs() const noexcept { return parts_->inputs; }

 private:
  PoolView(std::shared_ptr<const Parts> parts,
           std::vector<std::size_t> candidates)
      : parts_(std::move(parts)), candidates_(std::move(candidates)) {}

  std::shared_ptr<const Parts> parts_;  // without candidates
  std::vector<std::size_t> candidates_;
};

/// Keys for rows that have no ids of their own: row i stands for the id that is
/// its number in decimal.
std::vector<std::uint64_t> row_keys(std::size_t rows, std::uint64_t seed);

}  // namespace quarry
