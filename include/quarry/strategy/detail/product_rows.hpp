#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "quarry/core/matrix.hpp"
#include "quarry/strategy/kernels/tiles.hpp"
#include "quarry/strategy/row_kernel.hpp"
#include "quarry/strategy/similarity.hpp"

namespace quarry::detail {

/// Rows whose products are taken tile by tile. Those of V are kept as they are
/// multiplied, in double, or in float where bounds are asked for most, or not
/// at all; then what is exact reads them again.
template <class Kernel>
class ProductRows {
 public:
  using Ready = Similarity::Ready;

  /// The ground set must outlive it.
  ProductRows(const ArrayView& embeddings, std::span<const std::size_t> ground,
              std::size_t part, Ready ready, std::size_t threads);
  static std::size_t bytes(std::size_t ground, std::size_t width,
                           std::size_t part, Ready ready, std::size_t threads);

  /// Shows the similarities of `rows` with part `p` of the ground set.
  void visit(const Kernel& kernel, std::span<const std::size_t> rows,
             std::size_t p, const Similarity::Visit& visit) const;
  double self(const Kernel& kernel, std::size_t place) const;
  void some(const Kernel& kernel, std::size_t row,
            std::span<const std::uint32_t> places, std::span<double> out) const;

  bool has_bounds() const noexcept { return !floats_.empty(); }
  /// Rows as `visit_bounds` takes them.
  RowMatrix<float> read(std::span<const std::size_t> rows) const;
  void visit_bounds(const Kernel& kernel, const RowMatrix<float>& rows,
                    std::size_t p, const Similarity::VisitBounds& visit) const;

 private:
  static constexpr bool keeps_floats(Ready ready) {
    return BoundedKernel<Kernel> && ready == Ready::bounds;
  }
  kernels::RowSet set_of(std::span<const std::size_t> rows) const {
    const kernels::RowSet set(embeddings_, rows);
    return Kernel::unit_rows ? set.normalised() : set;
  }
  std::span<const std::size_t> ground_of(std::size_t p) const {
    const std::size_t first = p * part_;
    return ground_.subspan(first, std::min(part_, ground_.size() - first));
  }
  void show(const Kernel& kernel, std::span<const std::size_t> rows,
            const kernels::Panels<double>& part, std::size_t first,
            const Similarity::Visit& visit) const;

  ArrayView embeddings_;
  std::span<const std::size_t> ground_;
  std::size_t part_;
  std::vector<kernels::Panels<double>> doubles_;  // of each part, or
  std::vector<kernels::Panels<float>> floats_;
};

template <class Kernel>
ProductRows<Kernel>::ProductRows(const ArrayView& embeddings,
                                 std::span<const std::size_t> ground,
                                 std::size_t part, Ready ready,
                                 std::size_t threads)
    : embeddings_(embeddings), ground_(ground), part_(part) {
  if (ready == Ready::nothing) return;
  for (std::size_t p = 0; p * part < ground.size(); ++p) {
    if (keeps_floats(ready)) {
      floats_.emplace_back(set_of(ground_of(p)), threads);
    } else {
      doubles_.emplace_back(set_of(ground_of(p)), threads);
    }
  }
}

template <class Kernel>
std::size_t ProductRows<Kernel>::bytes(std::size_t ground, std::size_t width,
                                       std::size_t part, Ready ready,
                                       std::size_t threads) {
  const auto kept = [&]<class T>(T) {
    using Panels = kernels::Panels<T>;
    return ground / part * Panels::bytes(part, width) +
           Panels::bytes(ground % part, width);
  };
  const std::size_t tiles = threads * kernels::tile_bytes<double>(width, 1);
  const std::size_t read =
      threads * kernels::Panels<double>::bytes(part, width);
  if (ready == Ready::nothing) return tiles + read;
  return keeps_floats(ready) ? kept(0.0F) + tiles + read : kept(0.0) + tiles;
}

template <class Kernel>
void ProductRows<Kernel>::visit(const Kernel& kernel,
                                std::span<const std::size_t> rows,
                                std::size_t p,
                                const Similarity::Visit& visit) const {
  if (!doubles_.empty()) {
    return show(kernel, rows, doubles_[p], p * part_, visit);
  }
  const kernels::Panels<double> panels(set_of(ground_of(p)));
  show(kernel, rows, panels, p * part_, visit);
}

template <class Kernel>
void ProductRows<Kernel>::show(const Kernel& kernel,
                               std::span<const std::size_t> rows,
                               const kernels::Panels<double>& part,
                               std::size_t first,
                               const Similarity::Visit& visit) const {
  std::vector<double> values;
  kernels::for_each_tile<double>(
      set_of(rows), part, 1, [&](const kernels::Tile<double>& tile) {
        values.resize(tile.columns);
        for (std::size_t i = 0; i < tile.rows; ++i) {
          for (std::size_t j = 0; j < tile.columns; ++j) {
            values[j] = kernel.similarity(tile.product(i, j), tile.row_norms[i],
                                          tile.column_norms[j]);
          }
          visit(tile.first_row + i, first + tile.first_column, values);
        }
        return Flow::go_on;
      });
}

template <class Kernel>
double ProductRows<Kernel>::self(const Kernel& kernel,
                                 std::size_t place) const {
  const auto of_norm = [&](double norm) {
    return kernel.similarity(norm, norm, norm);
  };
  if (!doubles_.empty()) {
    return of_norm(doubles_[place / part_].squared_norms()[place % part_]);
  }
  const kernels::Panels<double> alone(set_of(ground_.subspan(place, 1)));
  return of_norm(alone.squared_norms()[0]);
}

template <class Kernel>
void ProductRows<Kernel>::some(const Kernel& kernel, std::size_t row,
                               std::span<const std::uint32_t> places,
                               std::span<double> out) const {
  std::vector<std::size_t> others;
  for (std::size_t first = 0; first < places.size(); first += part_) {
    const auto here =
        places.subspan(first, std::min(part_, places.size() - first));
    others.clear();
    for (const std::uint32_t place : here) others.push_back(ground_[place]);
    const kernels::Panels<double> panels(set_of(others));
    show(kernel, std::array{row}, panels, first,
         [&](std::size_t, std::size_t at, std::span<const double> values) {
           std::copy(values.begin(), values.end(),
                     out.begin() + static_cast<std::ptrdiff_t>(at));
         });
  }
}

template <class Kernel>
RowMatrix<float> ProductRows<Kernel>::read(
    std::span<const std::size_t> rows) const {
  const kernels::RowSet set = set_of(rows);
  RowMatrix<float> here(rows.size(), set.width());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    float* const to = here.row(static_cast<Eigen::Index>(i)).data();
    set.read(i, std::span(to, set.width()));
  }
  return here;
}

template <class Kernel>
void ProductRows<Kernel>::visit_bounds(
    const Kernel& kernel, const RowMatrix<float>& rows, std::size_t p,
    const Similarity::VisitBounds& visit) const {
  const auto width = static_cast<std::size_t>(rows.cols());
  const ArrayView left(rows.data(),
                       {static_cast<std::size_t>(rows.rows()), width});
  std::vector<float> bounds;
  kernels::for_each_tile<float>(
      kernels::RowSet(left), floats_[p], 1,
      [&](const kernels::Tile<float>& tile) {
        bounds.resize(tile.columns);
        for (std::size_t i = 0; i < tile.rows; ++i) {
          kernels::squared_below(tile, i, width, bounds.data());
          kernel.bounds(bounds);
          visit(tile.first_row + i, p * part_ + tile.first_column, bounds);
        }
        return Flow::go_on;
      });
}

}  // namespace quarry::detail
