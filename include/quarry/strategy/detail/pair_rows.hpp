#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "quarry/core/matrix.hpp"
#include "quarry/strategy/detail/read_rows.hpp"
#include "quarry/strategy/similarity.hpp"

namespace quarry::detail {

/// Rows that are compared pair by pair. Those of V are kept in double, or read
/// again whenever they are asked for.
template <class Kernel>
class PairRows {
 public:
  using Ready = Similarity::Ready;

  /// The ground set must outlive it.
  PairRows(const ArrayView& embeddings, std::span<const std::size_t> ground,
           std::size_t part, Ready ready, std::size_t threads);
  static std::size_t bytes(std::size_t ground, std::size_t width,
                           std::size_t part, Ready ready, std::size_t threads);

  void visit(const Kernel& kernel, std::span<const std::size_t> rows,
             std::size_t p, const Similarity::Visit& visit) const;
  double self(const Kernel& kernel, std::size_t place) const;
  void some(const Kernel& kernel, std::size_t row,
            std::span<const std::uint32_t> places, std::span<double> out) const;

 private:
  ArrayView embeddings_;
  std::span<const std::size_t> ground_;
  std::size_t part_;
  RowMatrix<double> rows_;  // [|V|, D], or none
};

template <class Kernel>
PairRows<Kernel>::PairRows(const ArrayView& embeddings,
                           std::span<const std::size_t> ground,
                           std::size_t part, Ready ready, std::size_t)
    : embeddings_(embeddings), ground_(ground), part_(part) {
  if (ready != Ready::nothing) rows_ = read_rows(embeddings, ground);
}

template <class Kernel>
std::size_t PairRows<Kernel>::bytes(std::size_t ground, std::size_t width,
                                    std::size_t part, Ready ready,
                                    std::size_t threads) {
  const std::size_t kept = ready == Ready::nothing ? threads * part : ground;
  return (kept * width + threads * (part + 2 * width)) * sizeof(double);
}

template <class Kernel>
void PairRows<Kernel>::visit(const Kernel& kernel,
                             std::span<const std::size_t> rows, std::size_t p,
                             const Similarity::Visit& visit) const {
  const std::size_t first = p * part_;
  std::vector<double> values(std::min(part_, ground_.size() - first));
  const bool kept = rows_.size() != 0;
  const RowMatrix<double> part =
      kept ? RowMatrix<double>()
           : read_rows(embeddings_, ground_.subspan(first, values.size()));
  std::vector<double> here(embeddings_.cols());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    embeddings_.read_row(rows[i], std::span(here));
    for (std::size_t j = 0; j < values.size(); ++j) {
      values[j] = kernel.similarity(
          here, kept ? row_of(rows_, first + j) : row_of(part, j));
    }
    visit(i, first, values);
  }
}

template <class Kernel>
double PairRows<Kernel>::self(const Kernel& kernel, std::size_t place) const {
  const RowMatrix<double> row =
      read_rows(embeddings_, ground_.subspan(place, 1));
  return kernel.similarity(row_of(row, 0), row_of(row, 0));
}

template <class Kernel>
void PairRows<Kernel>::some(const Kernel& kernel, std::size_t row,
                            std::span<const std::uint32_t> places,
                            std::span<double> out) const {
  const auto width = embeddings_.cols();
  std::vector<double> here(width), other(width);
  embeddings_.read_row(row, std::span(here));
  for (std::size_t k = 0; k < places.size(); ++k) {
    embeddings_.read_row(ground_[places[k]], std::span(other));
    out[k] = kernel.similarity(here, other);
  }
}

}  // namespace quarry::detail
