#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "quarry/core/matrix.hpp"
#include "quarry/strategy/detail/parallel.hpp"
#include "quarry/strategy/kernels/tiles.hpp"
#include "quarry/strategy/needs.hpp"
#include "quarry/strategy/row_kernel.hpp"
#include "quarry/strategy/similarity.hpp"

namespace quarry {

namespace detail {

/// Rows whose products are taken tile by tile.
template <class Kernel>
class ProductRows {
 public:
  ProductRows(const ArrayView& embeddings, std::span<const std::size_t> ground,
              std::size_t part, std::size_t threads);
  static std::size_t bytes(std::size_t ground, std::size_t width,
                           std::size_t part, std::size_t threads);

  /// Shows the similarities of `rows` with part `p` of the ground set.
  void visit(const Kernel& kernel, std::span<const std::size_t> rows,
             std::size_t p, const Similarity::Visit& visit) const;
  double self(const Kernel& kernel, std::size_t place) const {
    const double norm = parts_[place / part_].squared_norms()[place % part_];
    return kernel.similarity(norm, norm, norm);
  }

 private:
  kernels::RowSet set_of(std::span<const std::size_t> rows) const {
    const kernels::RowSet set(embeddings_, rows);
    return Kernel::unit_rows ? set.normalised() : set;
  }

  ArrayView embeddings_;
  std::size_t part_;
  std::vector<kernels::Panels<double>> parts_;
};

/// Rows that are compared pair by pair.
template <class Kernel>
class PairRows {
 public:
  PairRows(const ArrayView& embeddings, std::span<const std::size_t> ground,
           std::size_t part, std::size_t threads);
  static std::size_t bytes(std::size_t ground, std::size_t width,
                           std::size_t part, std::size_t threads);

  void visit(const Kernel& kernel, std::span<const std::size_t> rows,
             std::size_t p, const Similarity::Visit& visit) const;
  double self(const Kernel& kernel, std::size_t place) const {
    return kernel.similarity(at(place), at(place));
  }

 private:
  std::span<const double> at(std::size_t place) const {
    return {rows_.row(static_cast<Eigen::Index>(place)).data(),
            static_cast<std::size_t>(rows_.cols())};
  }

  ArrayView embeddings_;
  std::size_t part_;
  RowMatrix<double> rows_;  // [|V|, D]
};

}  // namespace detail

/// The similarities of embeddings by a kernel, in double: rows that are equal
/// to the last bit have the same, and s(i, j) = s(j, i) to the last bit. Cost:
/// O(D) each, with a `ProductKernel` near the peak of the processor; memory:
/// `bytes`.
template <RowKernel Kernel>
class KernelSimilarity final : public Similarity {
  using Rows =
      std::conditional_t<ProductKernel<Kernel>, detail::ProductRows<Kernel>,
                         detail::PairRows<Kernel>>;

 public:
  /// Raises `strategy.missing_input`.
  KernelSimilarity(const PoolView& pool, std::vector<std::size_t> ground,
                   Kernel kernel, std::size_t threads)
      : Similarity(pool.rows(), std::move(ground)),
        kernel_(std::move(kernel)),
        rows_(pool.input(inputs::embeddings), this->ground(), part, threads) {}

  /// What it allocates for so large a ground set.
  static std::size_t bytes(const PoolView& pool, std::size_t ground,
                           std::size_t threads) {
    return Rows::bytes(ground, pool.input(inputs::embeddings).cols(), part,
                       threads);
  }

  void visit(std::span<const std::size_t> rows, std::size_t threads,
             const Visit& visit) const override {
    detail::parallel_blocks(size(), part, threads,
                            [&](std::size_t first, std::size_t) {
                              rows_.visit(kernel_, rows, first / part, visit);
                            });
  }
  double self(std::size_t row) const override {
    return rows_.self(kernel_, place(row));
  }

 private:
  Kernel kernel_;
  Rows rows_;
};

/// The similarities that a pool has, or those of its embeddings by a kernel
/// when it has none.
template <RowKernel Kernel>
std::unique_ptr<Similarity> similarity_of(const PoolView& pool,
                                          std::vector<std::size_t> ground,
                                          const Kernel& kernel,
                                          std::size_t threads) {
  if (pool.has(inputs::similarity)) {
    return given_similarity(pool, std::move(ground));
  }
  return std::make_unique<KernelSimilarity<Kernel>>(pool, std::move(ground),
                                                    kernel, threads);
}

/// What `similarity_of` allocates.
template <RowKernel Kernel>
std::size_t similarity_bytes(const PoolView& pool, std::size_t ground,
                             std::size_t threads) {
  const std::size_t places = (pool.rows() + ground) * sizeof(std::size_t);
  if (pool.has(inputs::similarity)) {
    return places + threads * (pool.rows() + ground) * sizeof(double);
  }
  return places + KernelSimilarity<Kernel>::bytes(pool, ground, threads);
}

namespace detail {

template <class Kernel>
ProductRows<Kernel>::ProductRows(const ArrayView& embeddings,
                                 std::span<const std::size_t> ground,
                                 std::size_t part, std::size_t threads)
    : embeddings_(embeddings), part_(part) {
  for (std::size_t first = 0; first < ground.size(); first += part) {
    const std::size_t count = std::min(part, ground.size() - first);
    parts_.emplace_back(set_of(ground.subspan(first, count)), threads);
  }
}

template <class Kernel>
std::size_t ProductRows<Kernel>::bytes(std::size_t ground, std::size_t width,
                                       std::size_t part, std::size_t threads) {
  using Panels = kernels::Panels<double>;
  return ground / part * Panels::bytes(part, width) +
         Panels::bytes(ground % part, width) +
         threads * kernels::tile_bytes<double>(width, 1);
}

template <class Kernel>
void ProductRows<Kernel>::visit(const Kernel& kernel,
                                std::span<const std::size_t> rows,
                                std::size_t p,
                                const Similarity::Visit& visit) const {
  std::vector<double> values;
  kernels::for_each_tile<double>(
      set_of(rows), parts_[p], 1, [&](const kernels::Tile<double>& tile) {
        values.resize(tile.columns);
        for (std::size_t i = 0; i < tile.rows; ++i) {
          for (std::size_t j = 0; j < tile.columns; ++j) {
            values[j] = kernel.similarity(tile.product(i, j), tile.row_norms[i],
                                          tile.column_norms[j]);
          }
          visit(tile.first_row + i, p * part_ + tile.first_column, values);
        }
        return Flow::go_on;
      });
}

template <class Kernel>
PairRows<Kernel>::PairRows(const ArrayView& embeddings,
                           std::span<const std::size_t> ground,
                           std::size_t part, std::size_t)
    : embeddings_(embeddings), part_(part) {
  const std::size_t width = embeddings.cols();
  rows_.resize(static_cast<Eigen::Index>(ground.size()),
               static_cast<Eigen::Index>(width));
  for (std::size_t i = 0; i < ground.size(); ++i) {
    embeddings.read_row(
        ground[i],
        std::span(rows_.row(static_cast<Eigen::Index>(i)).data(), width));
  }
}

template <class Kernel>
std::size_t PairRows<Kernel>::bytes(std::size_t ground, std::size_t width,
                                    std::size_t part, std::size_t threads) {
  return (ground * width + threads * (part + width)) * sizeof(double);
}

template <class Kernel>
void PairRows<Kernel>::visit(const Kernel& kernel,
                             std::span<const std::size_t> rows, std::size_t p,
                             const Similarity::Visit& visit) const {
  const std::size_t first = p * part_;
  const auto ground = static_cast<std::size_t>(rows_.rows());
  std::vector<double> values(std::min(part_, ground - first));
  std::vector<double> here(static_cast<std::size_t>(rows_.cols()));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    embeddings_.read_row(rows[i], std::span(here));
    for (std::size_t j = 0; j < values.size(); ++j) {
      values[j] = kernel.similarity(here, at(first + j));
    }
    visit(i, first, values);
  }
}

}  // namespace detail

}  // namespace quarry
