#include "quarry/strategy/kernels/tiles.hpp"

#include <atomic>
#include <limits>

#include <oneapi/tbb/enumerable_thread_specific.h>

#include "quarry/strategy/detail/parallel.hpp"

#include "strategy/kernels/products.hpp"
#include "strategy/kernels/quads.hpp"

namespace quarry::kernels {
namespace {

template <class T>
struct Scratch {
  explicit Scratch(std::size_t width)
      : quads(tile_rows, width), products(tile_rows * tile_columns<T>) {}
  Quads<T> quads;
  detail::AlignedBuffer<T> products;
};

}  // namespace

double squared_error(std::size_t width) {
  // With u the unit roundoff and γ = D u / (1 − D u): each norm is off by
  // γ ‖x‖², the product by γ ‖x‖ ‖y‖, which is at most γ / 2 (‖x‖² + ‖y‖²), the
  // two additions by 4 u, and the rows' own rounding moves the distance by
  // 4 u + 2 u² of the same. The rest is room for a comparison in float.
  const double u = std::numeric_limits<float>::epsilon() / 2;
  const double gamma = static_cast<double>(width) * u;
  return gamma < 0.5 ? 2 * gamma / (1 - gamma) + 20 * u
                     : std::numeric_limits<double>::infinity();
}

double squared_error_floor(std::size_t width) {
  return 8 * static_cast<double>(width + 1) * std::numeric_limits<float>::min();
}

template <class T>
void for_each_tile(const RowSet& left, const Panels<T>& right,
                   std::size_t threads,
                   const std::function<Flow(const Tile<T>&)>& visit) {
  const std::size_t width = left.width();
  QUARRY_EXPECTS(width == right.width(), "for_each_tile: rows of equal width");
  oneapi::tbb::enumerable_thread_specific<Scratch<T>> scratches(width);
  std::atomic<bool> stopped = false;
  detail::parallel_blocks(
      left.size(), tile_rows,
      detail::threads_worth(threads, left.size() * right.size() * width),
      [&](std::size_t first, std::size_t last) {
        if (stopped) return;
        Scratch<T>& scratch = scratches.local();
        scratch.quads.fill(left, first, last - first);
        const std::size_t quads = (last - first + quad_rows - 1) / quad_rows;
        for (std::size_t column = 0; column < right.size() && !stopped;
             column += tile_columns<T>) {
          const std::size_t columns =
              std::min(tile_columns<T>, right.size() - column);
          const std::size_t panels =
              (columns + panel_rows<T> - 1) / panel_rows<T>;
          multiply(scratch.quads.data(), quads, right.from(column), panels,
                   width, scratch.products.data(), tile_columns<T>);
          const Tile<T> tile{
              .first_row = first,
              .rows = last - first,
              .first_column = column,
              .columns = columns,
              .stride = tile_columns<T>,
              .products = scratch.products.data(),
              .row_norms = scratch.quads.norms(),
              .column_norms = right.squared_norms().data() + column};
          if (visit(tile) == Flow::stop) stopped = true;
        }
      });
}

template <class T>
std::size_t tile_bytes(std::size_t width, std::size_t threads) {
  return threads * (Quads<T>::bytes(tile_rows, width) +
                    tile_rows * tile_columns<T> * sizeof(T));
}

template void for_each_tile(const RowSet&, const Panels<float>&, std::size_t,
                            const std::function<Flow(const Tile<float>&)>&);
template void for_each_tile(const RowSet&, const Panels<double>&, std::size_t,
                            const std::function<Flow(const Tile<double>&)>&);
template std::size_t tile_bytes<float>(std::size_t, std::size_t);
template std::size_t tile_bytes<double>(std::size_t, std::size_t);

}  // namespace quarry::kernels
