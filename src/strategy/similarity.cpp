#include "quarry/strategy/similarity.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <string>
#include <utility>

#include "quarry/core/error.hpp"
#include "quarry/strategy/detail/parallel.hpp"
#include "quarry/strategy/detail/rounded.hpp"
#include "quarry/strategy/needs.hpp"

namespace quarry {

Similarity::Similarity(std::size_t rows, std::vector<std::size_t> ground)
    : ground_(std::move(ground)), places_(rows) {
  for (std::size_t i = 0; i < ground_.size(); ++i) places_[ground_[i]] = i;
}

void Similarity::visit_bounds(std::span<const std::size_t> rows,
                              std::size_t threads,
                              const VisitBounds& show) const {
  visit(rows, threads,
        [&](std::size_t i, std::size_t first, std::span<const double> values) {
          std::vector<float> bounds(values.size());
          std::transform(values.begin(), values.end(), bounds.begin(),
                         detail::rounded_up);
          show(i, first, bounds);
        });
}

void Similarity::some(std::size_t row, std::span<const std::uint32_t> places,
                      std::span<double> out) const {
  const std::vector<double> all = this->row(row, 1);
  std::transform(places.begin(), places.end(), out.begin(),
                 [&](std::uint32_t place) { return all[place]; });
}

std::vector<double> Similarity::row(std::size_t row,
                                    std::size_t threads) const {
  std::vector<double> all(size());
  const std::array rows = {row};
  visit(rows, threads,
        [&](std::size_t, std::size_t first, std::span<const double> values) {
          std::copy(values.begin(), values.end(),
                    all.begin() + static_cast<std::ptrdiff_t>(first));
        });
  return all;
}

std::vector<std::size_t> ground_of(const PoolView& pool) {
  std::vector<std::size_t> rows;
  rows.reserve(pool.candidates().size() + pool.labelled().size());
  std::merge(pool.candidates().begin(), pool.candidates().end(),
             pool.labelled().begin(), pool.labelled().end(),
             std::back_inserter(rows));
  return rows;
}

namespace {

/// A matrix that somebody else made.
class Given final : public Similarity {
 public:
  Given(const PoolView& pool, std::vector<std::size_t> ground)
      : Similarity(pool.rows(), std::move(ground)),
        matrix_(pool.input(inputs::similarity)) {
    if (!is_float(matrix_.dtype()) || matrix_.rank() != 2 ||
        matrix_.rows() != pool.rows() || matrix_.cols() != pool.rows()) {
      raise("strategy.input_shape",
            "similarity must be f2, f4 or f8 [N, N] for the " +
                std::to_string(pool.rows()) + " rows of the pool, not " +
                matrix_.describe());
    }
    visit(
        this->ground(), 1,
        [&](std::size_t i, std::size_t first, std::span<const double> values) {
          expect_finite(i, first, values);
        });
  }

  void visit(std::span<const std::size_t> rows, std::size_t threads,
             const Visit& visit) const override {
    detail::parallel_blocks(
        size(), part, threads, [&](std::size_t first, std::size_t last) {
          const auto columns = ground().subspan(first, last - first);
          // The rows of the pool among which the part lies.
          const std::size_t begin = columns.front();
          std::vector<double> span(columns.back() + 1 - begin);
          std::vector<double> values(columns.size());
          for (std::size_t i = 0; i < rows.size(); ++i) {
            const ArrayView row = matrix_.slab(rows[i]);
            read(row.rows(begin, span.size()), span);
            std::transform(columns.begin(), columns.end(), values.begin(),
                           [&](std::size_t j) { return span[j - begin]; });
            visit(i, first, values);
          }
        });
  }

  double self(std::size_t row) const override {
    double value = 0.0;
    matrix_.slab(row).read_row(row, std::span(&value, 1));
    return value;
  }

 private:
  void expect_finite(std::size_t i, std::size_t first,
                     std::span<const double> values) const {
    const auto bad =
        std::find_if(values.begin(), values.end(),
                     [](double value) { return !std::isfinite(value); });
    if (bad == values.end()) return;
    const std::size_t column =
        first + static_cast<std::size_t>(bad - values.begin());
    raise("strategy.bad_row",
          "row " + std::to_string(ground()[i]) +
              " of similarity is not finite in column " +
              std::to_string(ground()[column]),
          "give every pair of rows a similarity, or leave the row out of the "
          "candidates and of the labelled rows");
  }

  /// Numbers `[n]` as a row `[1, n]`.
  static void read(const ArrayView& numbers, std::span<double> out) {
    const std::size_t shape[] = {1, numbers.size()};
    ArrayView(numbers.dtype(), numbers.data(), shape).read_row(0, out);
  }

  ArrayView matrix_;
};

}  // namespace

std::unique_ptr<Similarity> given_similarity(const PoolView& pool,
                                             std::vector<std::size_t> ground) {
  return std::make_unique<Given>(pool, std::move(ground));
}

std::size_t given_similarity_bytes(const PoolView& pool, std::size_t ground,
                                   std::size_t threads) {
  return Similarity::bytes(pool.rows(), ground) +
         threads * (pool.rows() + Similarity::part) * sizeof(double);
}

}  // namespace quarry
