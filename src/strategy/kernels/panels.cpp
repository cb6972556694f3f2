#include "quarry/strategy/kernels/panels.hpp"

#include <algorithm>
#include <array>

#include "quarry/strategy/detail/parallel.hpp"

#include "strategy/kernels/products.hpp"
#include "strategy/kernels/quads.hpp"

namespace quarry::kernels {
namespace {

template <class T>
std::size_t padded(std::size_t rows) {
  return (rows + panel_rows<T> - 1) / panel_rows<T> * panel_rows<T>;
}

}  // namespace

template <class T>
Panels<T>::Panels(const RowSet& rows, std::size_t threads)
    : width_(rows.width()),
      norms_(rows.size()),
      packed_(padded<T>(rows.size()) * rows.width()) {
  constexpr std::size_t wide = panel_rows<T>;
  detail::parallel_blocks(
      rows.size(), wide, detail::threads_worth(threads, packed_.size()),
      [&](std::size_t first, std::size_t last) {
        Quads<T> quads(wide, width_);
        quads.fill(rows, first, last - first);
        std::copy_n(quads.norms(), last - first, norms_.begin() + first);
        T* const panel = packed_.data() + first * width_;
        for (std::size_t q = 0; q < wide / quad_rows; ++q) {
          for (std::size_t k = 0; k < width_; ++k) {
            const T* const from = quads.data() + (q * width_ + k) * quad_rows;
            std::copy_n(from, quad_rows, panel + k * wide + q * quad_rows);
          }
        }
      });
}

template <class T>
std::size_t Panels<T>::bytes(std::size_t rows, std::size_t width) {
  return (padded<T>(rows) * width + rows) * sizeof(T);
}

template class Panels<float>;
template class Panels<double>;

}  // namespace quarry::kernels
