#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>

#include "quarry/core/dtype.hpp"
#include "quarry/core/error.hpp"

namespace quarry {

/// A read-only, row-major, contiguous array of any dtype and up to four
/// dimensions: a matrix in memory, a mapped file, an `.npy`. It owns nothing.
///
/// Arrays of samples have one row a sample: `[N, C]`, `[N, D]`; stochastic
/// passes are `[K, N, C]`, and `slab(k)` is the `[N, C]` of pass k.
class ArrayView {
 public:
  static constexpr std::size_t max_rank = 4;

  ArrayView() = default;
  ArrayView(DType type, const void* data, std::span<const std::size_t> shape);

  template <class T>
  ArrayView(const T* data, std::initializer_list<std::size_t> shape)
      : ArrayView(dtype_of<T>(), data,
                  std::span<const std::size_t>(shape.begin(), shape.size())) {}

  DType dtype() const noexcept { return type_; }
  const void* data() const noexcept { return data_; }
  std::span<const std::size_t> shape() const noexcept {
    return {shape_.data(), rank_};
  }
  std::size_t rank() const noexcept { return rank_; }
  /// The number of elements; 0 for a default-constructed view.
  std::size_t size() const noexcept;
  bool empty() const noexcept { return size() == 0; }

  /// Extent of the first dimension (0 when there is none).
  std::size_t rows() const noexcept { return rank_ == 0 ? 0 : shape_[0]; }
  /// Elements of one row: the product of the other extents.
  std::size_t cols() const noexcept;

  /// The view `[k]` of a view of rank ≥ 2. Expects `k < rows()`.
  ArrayView slab(std::size_t k) const;
  /// Rows `[first, first + count)`. Expects them to exist.
  ArrayView rows(std::size_t first, std::size_t count) const;

  /// The elements as `T`, without conversion. Expects `dtype()` to be T's.
  template <class T>
  std::span<const T> as() const {
    QUARRY_EXPECTS(dtype_of<T>() == type_, "ArrayView::as<T>: another dtype");
    return {static_cast<const T*>(data_), size()};
  }

  /// Row `i` converted to double. Expects `out.size() == cols()`.
  void read_row(std::size_t i, std::span<double> out) const;
  void read_row(std::size_t i, std::span<float> out) const;

  /// "f4 [10000, 10]"
  std::string describe() const;

 private:
  DType type_ = DType::f4;
  std::size_t rank_ = 0;
  std::array<std::size_t, max_rank> shape_{};
  const void* data_ = nullptr;
};

}  // namespace quarry
