#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "quarry/strategy/detail/expects_policy.hpp"
#include "quarry/strategy/detail/known_outputs.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/detail/pool_of_rows.hpp"
#include "quarry/strategy/diversity/k_center.hpp"

namespace quarry {

/// Greedy sampling in the output: covers the range of what is to be predicted.
/// With y the target of a labelled row and the prediction of another, labelled
/// set L, picks S:
///
///     next = argmax_u  min_{s ∈ L ∪ S} ‖y_u − y_s‖,  score = that distance
///
/// All of L are centres; while there is none the total order decides the first
/// pick, whose score is NaN.
///
/// Needs `predictions` `[N]` or `[N, T]` of T outputs, and `targets`, as wide,
/// with a row for each labelled row in ascending order, or for each of the N;
/// f2, f4 or f8; computes in double. O(N (|L| + b) T); memory: that of
/// `KCenter` and 8 (T + 2) bytes a row. Raises `strategy.memory`,
/// `strategy.missing_input`, `strategy.input_shape`, `strategy.bad_row`.
///
/// D. Wu, C.-T. Lin & J. Huang, "Active Learning for Regression Using Greedy
/// Sampling", Information Sciences 2019.
template <class Distance = Euclidean>
class Gsy {
  QUARRY_EXPECTS_ROW_DISTANCE("Gsy", Distance);

 public:
  explicit Gsy(Distance distance = {}) : cover_(std::move(distance)) {}

  static constexpr Needs needs() {
    return {{.name = inputs::predictions}, {.name = inputs::targets}};
  }
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    const std::size_t bytes = detail::bytes_of_outputs(pool);
    SelectContext part = context.holding("gsy", bytes);
    const RowMatrix<double> outputs = detail::known_outputs(pool);
    return cover_.select(detail::pool_of_rows(pool, detail::view_of(outputs)),
                         budget, part);
  }

 private:
  KCenter<Distance> cover_;
};

namespace detail {

/// ‖x_a − x_b‖ ‖y_a − y_b‖ of rows (x, y), x being `features` wide.
template <class Distance>
struct ProductOfDistances {
  Distance distance_of = {};
  std::size_t features = 0;

  template <class T>
  double reduced(std::span<const T> a, std::span<const T> b) const {
    const auto between = [&](std::span<const T> u, std::span<const T> v) {
      return distance_of.distance(distance_of.reduced(u, v));
    };
    return between(a.first(features), b.first(features)) *
           between(a.subspan(features), b.subspan(features));
  }
  double distance(double reduced) const { return reduced; }
};

}  // namespace detail

/// Improved greedy sampling: covers inputs and outputs together. With
/// embeddings x and y as in `Gsy`:
///
///     next = argmax_u  min_{s ∈ L ∪ S} ‖x_u − x_s‖ ‖y_u − y_s‖,
///     score = that product
///
/// Needs embeddings `[N, D]`, and `predictions` and `targets` as `Gsy` does.
/// O(N (|L| + b) (D + T)); memory: 8 bytes a candidate and 8 (D + T + 2) a row.
/// Raises what `Gsy` raises.
///
/// D. Wu, C.-T. Lin & J. Huang, "Active Learning for Regression Using Greedy
/// Sampling", Information Sciences 2019.
template <class Distance = Euclidean>
class Igs {
  QUARRY_EXPECTS_ROW_DISTANCE("Igs", Distance);

 public:
  explicit Igs(Distance distance = {}) : distance_(std::move(distance)) {
    detail::validate(distance_);
  }

  static constexpr Needs needs() {
    return {{.name = inputs::embeddings},
            {.name = inputs::predictions},
            {.name = inputs::targets}};
  }
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    const std::size_t features = pool.input(inputs::embeddings).cols();
    const std::size_t bytes = detail::bytes_of_outputs(pool, features);
    SelectContext part = context.holding("igs", bytes);
    const RowMatrix<double> rows = detail::features_and_outputs(pool);
    using Product = detail::ProductOfDistances<Distance>;
    return KCenter<Product>(Product{distance_, features})
        .select(detail::pool_of_rows(pool, detail::view_of(rows)), budget,
                part);
  }

 private:
  Distance distance_;
};

}  // namespace quarry
