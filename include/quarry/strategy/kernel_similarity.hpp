#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "quarry/strategy/detail/pair_rows.hpp"
#include "quarry/strategy/detail/parallel.hpp"
#include "quarry/strategy/detail/product_rows.hpp"
#include "quarry/strategy/needs.hpp"
#include "quarry/strategy/row_kernel.hpp"
#include "quarry/strategy/similarity.hpp"

namespace quarry {

/// The similarities of embeddings by a kernel, in double: rows that are equal
/// to the last bit have the same, and s(i, j) = s(j, i) to the last bit. Cost:
/// O(D) each, with a `ProductKernel` near the peak of the processor, and their
/// bounds with a `BoundedKernel` at that of float; memory: `bytes`.
template <RowKernel Kernel>
class KernelSimilarity final : public Similarity {
  using Rows =
      std::conditional_t<ProductKernel<Kernel>, detail::ProductRows<Kernel>,
                         detail::PairRows<Kernel>>;

 public:
  /// Raises `strategy.missing_input`.
  KernelSimilarity(const PoolView& pool, std::vector<std::size_t> ground,
                   Kernel kernel, std::size_t threads,
                   Ready ready = Ready::values)
      : Similarity(pool.rows(), std::move(ground)),
        kernel_(std::move(kernel)),
        width_(pool.input(inputs::embeddings).cols()),
        rows_(pool.input(inputs::embeddings), this->ground(), part, ready,
              threads) {}

  /// What it allocates for so large a ground set.
  static std::size_t bytes(const PoolView& pool, std::size_t ground,
                           std::size_t threads, Ready ready = Ready::values) {
    return Similarity::bytes(pool.rows(), ground) +
           Rows::bytes(ground, pool.input(inputs::embeddings).cols(), part,
                       ready, threads);
  }

  void visit(std::span<const std::size_t> rows, std::size_t threads,
             const Visit& visit) const override {
    detail::parallel_blocks(size(), part, worth(rows, threads),
                            [&](std::size_t first, std::size_t) {
                              rows_.visit(kernel_, rows, first / part, visit);
                            });
  }
  void visit_bounds(std::span<const std::size_t> rows, std::size_t threads,
                    const VisitBounds& visit) const override {
    if constexpr (BoundedKernel<Kernel>) {
      if (rows_.has_bounds()) {
        const RowMatrix<float> here = rows_.read(rows);
        return detail::parallel_blocks(
            size(), part, worth(rows, threads),
            [&](std::size_t first, std::size_t) {
              rows_.visit_bounds(kernel_, here, first / part, visit);
            });
      }
    }
    Similarity::visit_bounds(rows, threads, visit);
  }
  void some(std::size_t row, std::span<const std::uint32_t> places,
            std::span<double> out) const override {
    rows_.some(kernel_, row, places, out);
  }
  double self(std::size_t row) const override {
    return rows_.self(kernel_, place(row));
  }

 private:
  std::size_t worth(std::span<const std::size_t> rows,
                    std::size_t threads) const {
    return detail::threads_worth(threads, rows.size() * size() * width_);
  }

  Kernel kernel_;
  std::size_t width_;
  Rows rows_;
};

/// The similarities that a pool has, or those of its embeddings by a kernel
/// when it has none.
template <RowKernel Kernel>
std::unique_ptr<Similarity> similarity_of(
    const PoolView& pool, std::vector<std::size_t> ground, const Kernel& kernel,
    std::size_t threads, Similarity::Ready ready = Similarity::Ready::values) {
  if (pool.has(inputs::similarity)) {
    return given_similarity(pool, std::move(ground));
  }
  return std::make_unique<KernelSimilarity<Kernel>>(pool, std::move(ground),
                                                    kernel, threads, ready);
}

/// What `similarity_of` allocates.
template <RowKernel Kernel>
std::size_t similarity_bytes(
    const PoolView& pool, std::size_t ground, std::size_t threads,
    Similarity::Ready ready = Similarity::Ready::values) {
  if (pool.has(inputs::similarity)) {
    return given_similarity_bytes(pool, ground, threads);
  }
  return KernelSimilarity<Kernel>::bytes(pool, ground, threads, ready);
}

}  // namespace quarry
