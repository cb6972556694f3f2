#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "quarry/core/matrix.hpp"
#include "quarry/strategy/similarity.hpp"

namespace quarry::detail {

/// Rows that are compared pair by pair.
template <class Kernel>
class PairRows {
 public:
  PairRows(const ArrayView& embeddings, std::span<const std::size_t> ground,
           std::size_t part, Similarity::Ready ready, std::size_t threads);
  static std::size_t bytes(std::size_t ground, std::size_t width,
                           std::size_t part, Similarity::Ready ready,
                           std::size_t threads);

  void visit(const Kernel& kernel, std::span<const std::size_t> rows,
             std::size_t p, const Similarity::Visit& visit) const;
  double self(const Kernel& kernel, std::size_t place) const {
    return kernel.similarity(at(place), at(place));
  }
  void some(const Kernel& kernel, std::size_t row,
            std::span<const std::uint32_t> places, std::span<double> out) const;

 private:
  std::span<const double> at(std::size_t place) const {
    return {rows_.row(static_cast<Eigen::Index>(place)).data(),
            static_cast<std::size_t>(rows_.cols())};
  }

  ArrayView embeddings_;
  std::size_t part_;
  RowMatrix<double> rows_;  // [|V|, D]
};

template <class Kernel>
PairRows<Kernel>::PairRows(const ArrayView& embeddings,
                           std::span<const std::size_t> ground,
                           std::size_t part, Similarity::Ready, std::size_t)
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
                                    std::size_t part, Similarity::Ready,
                                    std::size_t threads) {
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

template <class Kernel>
void PairRows<Kernel>::some(const Kernel& kernel, std::size_t row,
                            std::span<const std::uint32_t> places,
                            std::span<double> out) const {
  std::vector<double> here(static_cast<std::size_t>(rows_.cols()));
  embeddings_.read_row(row, std::span(here));
  std::transform(
      places.begin(), places.end(), out.begin(),
      [&](std::uint32_t place) { return kernel.similarity(here, at(place)); });
}

}  // namespace quarry::detail
