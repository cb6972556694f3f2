#include "strategy/hybrid/gradient_metric.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "quarry/strategy/kernels/tiles.hpp"
#include "quarry/strategy/needs.hpp"

#include "strategy/kernels/gathered.hpp"

namespace quarry::detail {
namespace {

// Distances are brought up to date for so many rows, and to so many centres, at
// a time.
constexpr std::size_t part_rows = 4096;
constexpr std::size_t part_centres = 128;

/// ⟨x, y⟩, always summed in the same order, so that ⟨x, x⟩ − 2⟨x, y⟩ + ⟨y, y⟩
/// is nothing where rows are equal.
double dot(std::span<const double> x, std::span<const double> y) {
  std::array<double, 8> sums{};
  const std::size_t whole = x.size() - x.size() % sums.size();
  for (std::size_t k = 0; k < whole; k += sums.size()) {
    for (std::size_t l = 0; l < sums.size(); ++l) {
      sums[l] += x[k + l] * y[k + l];
    }
  }
  double sum = 0.0;
  for (const double part : sums) sum += part;
  for (std::size_t k = whole; k < x.size(); ++k) sum += x[k] * y[k];
  return sum;
}

}  // namespace

GradientMetric::GradientMetric(const PoolView& pool, std::size_t threads,
                               const std::function<Flow()>& go_on,
                               SelectDevice* device)
    : embeddings_(pool.input(inputs::embeddings), pool.candidates()),
      errors_(
          kernels::RowSet(pool.input(inputs::probabilities), pool.candidates())
              .residuals()),
      norms_(pool.candidates().size()),
      x_{std::vector<double>(errors_.width()),
         std::vector<double>(embeddings_.width())},
      y_(x_),
      at_(std::numeric_limits<std::size_t>::max()),
      threads_(threads),
      go_on_(go_on) {
  for (std::size_t i = 0; i < norms_.size(); ++i) {
    read(i, y_);
    norms_[i] = dot(y_.a, y_.a) * dot(y_.h, y_.h);
  }
  if (device != nullptr &&
      kernels::DeviceOuter::serves(embeddings_.width(), errors_.width())) {
    device_.emplace(*device, embeddings_, errors_, threads);
  }
}

void GradientMetric::read(std::size_t i, Factors& factors) const {
  errors_.read(i, std::span(factors.a));
  embeddings_.read(i, std::span(factors.h));
}

std::size_t GradientMetric::bytes(const PoolView& pool, std::size_t threads) {
  const std::size_t classes = pool.input(inputs::probabilities).cols();
  const std::size_t width = pool.input(inputs::embeddings).cols();
  return pool.candidates().size() * sizeof(double) +
         part_rows * part_centres * sizeof(double) +
         kernels::Panels<double>::bytes(part_centres, width + classes) +
         2 * kernels::tile_bytes<double>(std::max(width, classes), threads);
}

std::size_t GradientMetric::device_bytes(const PoolView& pool) {
  const std::size_t rows = pool.candidates().size();
  const std::size_t width = pool.input(inputs::probabilities).cols() +
                            pool.input(inputs::embeddings).cols();
  // Rows that are looked at again are numbered twice, and have a distance.
  return kernels::DeviceOuter::bytes(rows, part_centres, width) +
         rows * (2 * sizeof(std::size_t) + sizeof(double));
}

double GradientMetric::between(std::size_t i, std::size_t j) {
  if (i == j) return 0.0;
  if (at_ != i) read(i, x_);
  at_ = i;
  read(j, y_);
  const double both = dot(x_.a, y_.a) * dot(x_.h, y_.h);
  return std::max(0.0, norms_[i] + norms_[j] - 2 * both);
}

Flow GradientMetric::cover(std::span<const std::size_t> centres,
                           std::span<double> squared) {
  const bool by_device = device_ && !device_->given_up();
  const Flow flow = by_device
                        ? cover_by_device(centres, squared)
                        : cover_rows(embeddings_, errors_, centres, squared);
  if (flow == Flow::stop) return flow;
  for (const std::size_t centre : centres) squared[centre] = 0.0;
  return flow;
}

Flow GradientMetric::cover_by_device(std::span<const std::size_t> centres,
                                     std::span<double> squared) {
  constexpr std::size_t group = kernels::DeviceOuter::group;
  for (; !centres.empty();
       centres = centres.subspan(std::min(part_centres, centres.size()))) {
    const auto some = centres.first(std::min(part_centres, centres.size()));
    std::vector<std::vector<std::size_t>> open;
    const kernels::Remainder left = device_->open(
        embeddings_.of(some), errors_.of(some), squared, open, go_on_);
    Flow flow = left.flow;
    for (std::size_t g = 0; g < open.size() && flow == Flow::go_on; ++g) {
      const auto mine = some.subspan(g * group);
      flow = cover_some(open[g], mine.first(std::min(group, mine.size())),
                        squared);
    }
    if (flow == Flow::go_on) flow = cover_some(left.rows, some, squared);
    if (flow == Flow::stop) return flow;
  }
  return Flow::go_on;
}

Flow GradientMetric::cover_some(std::span<const std::size_t> rows,
                                std::span<const std::size_t> centres,
                                std::span<double> squared) {
  if (rows.empty()) return Flow::go_on;
  kernels::Gathered<double> theirs(squared, rows);
  return cover_rows(embeddings_.of(rows), errors_.of(rows), centres,
                    theirs.some());
}

Flow GradientMetric::cover_rows(const kernels::RowSet& embeddings,
                                const kernels::RowSet& errors,
                                std::span<const std::size_t> centres,
                                std::span<double> squared) {
  using kernels::Panels, kernels::Tile;
  const std::size_t rows = embeddings.size();
  products_.resize(std::min(part_rows, size()) * part_centres);
  for (; !centres.empty();
       centres = centres.subspan(std::min(part_centres, centres.size()))) {
    const auto some = centres.first(std::min(part_centres, centres.size()));
    const Panels<double> right_h(embeddings_.of(some), threads_);
    const Panels<double> right_a(errors_.of(some), threads_);
    for (std::size_t first = 0; first < rows; first += part_rows) {
      if (go_on_() == Flow::stop) return Flow::stop;
      const std::size_t count = std::min(part_rows, rows - first);
      std::vector<double> norms(count);
      kernels::for_each_tile<double>(
          embeddings.part(first, count), right_h, threads_,
          [&](const Tile<double>& tile) {
            for (std::size_t i = 0; i < tile.rows; ++i) {
              norms[tile.first_row + i] = tile.row_norms[i];
              for (std::size_t j = 0; j < tile.columns; ++j) {
                products_[(tile.first_row + i) * part_centres +
                          tile.first_column + j] = tile.product(i, j);
              }
            }
            return Flow::go_on;
          });
      kernels::for_each_tile<double>(
          errors.part(first, count), right_a, threads_,
          [&](const Tile<double>& tile) {
            for (std::size_t i = 0; i < tile.rows; ++i) {
              const std::size_t row = tile.first_row + i;
              const double mine = norms[row] * tile.row_norms[i];
              double least = squared[first + row];
              for (std::size_t j = 0; j < tile.columns; ++j) {
                const std::size_t c = tile.first_column + j;
                const double other =
                    right_h.squared_norms()[c] * tile.column_norms[j];
                const double both =
                    products_[row * part_centres + c] * tile.product(i, j);
                least = std::min(least, mine + other - 2 * both);
              }
              squared[first + row] = std::max(0.0, least);
            }
            return Flow::go_on;
          });
    }
  }
  return Flow::go_on;
}

}  // namespace quarry::detail
