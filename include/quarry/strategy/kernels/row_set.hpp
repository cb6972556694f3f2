#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "quarry/core/array_view.hpp"

namespace quarry::kernels {

/// What of two rows is compared.
enum class Compared {
  by_place,      ///< ‖x − y‖, as `Euclidean` says
  by_direction,  ///< their angle, as `Cosine` says; lengths do not count
};

/// Rows of an array `[N, D]` of f2, f4 or f8 as kernels read them: all of them
/// or some in any order, on demand, so that the array may be mapped from a file
/// larger than memory. It owns neither the array nor the list.
///
///     RowSet(embeddings, pool.candidates()).normalised()
class RowSet {
 public:
  /// All rows of the array.
  explicit RowSet(const ArrayView& array);
  /// Row i of the set is row `rows[i]` of the array. Expects rows that exist.
  RowSet(const ArrayView& array, std::span<const std::size_t> rows);

  /// The same rows, each divided by its length: x / ‖x‖. A row of zeros stays
  /// one. Expects to come before `less`.
  RowSet normalised() const;
  /// The same rows as `[D + 1]` numbers of which ½ ‖x − y‖² is the distance
  /// that `Cosine` gives: x / ‖x‖ and 0, or for a row of zeros zeros and 1.
  /// Expects to come before `less`, and instead of `normalised`.
  RowSet directions() const;
  /// The same rows p of probabilities as p − onehot ŷ, ŷ the first of the most
  /// probable classes: the gradient of the loss by the logits, were ŷ the
  /// label. Expects to come before `less`, and instead of the two above.
  RowSet residuals() const;
  /// The same rows less `offset` `[D]`: differences stay, and what they would
  /// lose to rounding when norms are large does not.
  RowSet less(std::span<const double> offset) const;
  /// Those rows of the set, in that order; it owns the list of their numbers.
  RowSet of(std::span<const std::size_t> places) const;
  /// Rows `[first, first + count)` of the set. Expects them to exist.
  RowSet part(std::size_t first, std::size_t count) const;

  std::size_t size() const noexcept { return size_; }
  /// D; one more for directions.
  std::size_t width() const noexcept { return width_; }
  bool are_directions() const noexcept { return change_ == Change::direction; }

  /// Row `i` of the set; rounded to `T` once, at the end. Expects
  /// `out.size() == width()`.
  void read(std::size_t i, std::span<float> out) const { read_as(i, out); }
  void read(std::size_t i, std::span<double> out) const { read_as(i, out); }

  /// Row `i` where it lies, or null when it has to be read: the array is not of
  /// `T`, or rows are changed.
  template <class T>
  const T* in_place(std::size_t i) const {
    if (array_.dtype() != dtype_of<T>() || changed()) return nullptr;
    return array_.as<T>().data() + row(i) * width_;
  }

 private:
  enum class Change { none, unit, direction, residual };

  bool changed() const noexcept {
    return change_ != Change::none || !offset_.empty();
  }
  std::size_t row(std::size_t i) const {
    return all_ ? first_ + i : rows_[first_ + i];
  }
  template <class T>
  void read_as(std::size_t i, std::span<T> out) const;
  void read_changed(std::size_t i, std::span<double> x) const;

  ArrayView array_;
  bool all_;
  std::span<const std::size_t> rows_;
  std::shared_ptr<const std::vector<std::size_t>> owned_;  // what they are of
  std::size_t first_ = 0;
  std::size_t size_;
  std::size_t width_;
  Change change_ = Change::none;
  std::vector<double> offset_;
};

/// The mean of the rows, `[D]`, summed in double in their order. O(N D).
std::vector<double> mean_of(const RowSet& rows);

/// The mean variance of the columns, from differences to their means. O(N D).
double mean_variance(const RowSet& rows);

}  // namespace quarry::kernels
