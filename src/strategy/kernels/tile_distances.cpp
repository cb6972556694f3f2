#include "strategy/kernels/tile_distances.hpp"

#include <algorithm>

#include "quarry/strategy/detail/parallel.hpp"

#include "strategy/kernels/products.hpp"

namespace quarry::kernels {

TileDistances::TileDistances(const RowSet& rows, std::size_t threads)
    : rows_(rows), norms_(rows.size()) {
  const std::size_t width = rows.width();
  const bool lie = rows.size() != 0 && rows.in_place<double>(0) != nullptr;
  if (!lie) copy_.resize(rows.size() * width);
  detail::parallel_blocks(
      rows.size(), 64, detail::threads_worth(threads, rows.size() * width),
      [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i) {
          if (!lie) rows.read(i, std::span(copy_.data() + i * width, width));
          const double* const x = row(i);
          multiply_some(x, &x, 1, width, &norms_[i]);
        }
      });
  for (const double norm : norms_)
    largest_norm_ = std::max(largest_norm_, norm);
}

void TileDistances::operator()(std::size_t i,
                               std::span<const std::size_t> others,
                               std::span<double> out) const {
  std::vector<const double*> theirs;
  theirs.reserve(others.size());
  for (const std::size_t j : others) theirs.push_back(row(j));
  multiply_some(row(i), theirs.data(), others.size(), rows_.width(),
                out.data());
  for (std::size_t k = 0; k < others.size(); ++k) {
    out[k] = std::max(0.0, norms_[i] + norms_[others[k]] - 2 * out[k]);
  }
}

}  // namespace quarry::kernels
