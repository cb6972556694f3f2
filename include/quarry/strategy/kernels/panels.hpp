#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "quarry/strategy/detail/aligned_buffer.hpp"
#include "quarry/strategy/kernels/row_set.hpp"

namespace quarry::kernels {

/// A copy of rows `[M, D]` as numbers of `T` (float or double), laid out to
/// stand on the right of products, and their squared norms. Made once, used for
/// any number of products, from any thread.
template <class T>
class Panels {
 public:
  /// O(M D).
  explicit Panels(const RowSet& rows, std::size_t threads = 1);

  /// What `Panels` of so many rows allocates.
  static std::size_t bytes(std::size_t rows, std::size_t width);

  std::size_t size() const noexcept { return norms_.size(); }
  /// D.
  std::size_t width() const noexcept { return width_; }
  /// `[M]` ‖y‖².
  std::span<const T> squared_norms() const noexcept { return norms_; }
  /// The panel that begins with row `first`, a multiple of what one holds.
  const T* from(std::size_t first) const {
    return packed_.data() + first * width_;
  }

 private:
  std::size_t width_;
  std::vector<T> norms_;
  detail::AlignedBuffer<T> packed_;
};

extern template class Panels<float>;
extern template class Panels<double>;

}  // namespace quarry::kernels
