#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "quarry/core/matrix.hpp"
#include "quarry/strategy/pool_view.hpp"

namespace quarry::detail {

/// The last layer of a network, W h + b: the inputs `head_weight` `[C, D]` and
/// `head_bias` `[C]`, zeros where there is none.
class LinearHead {
 public:
  /// For embeddings of the pool. Raises `strategy.missing_input`,
  /// `strategy.input_shape`, and `strategy.bad_row` for what is not finite.
  explicit LinearHead(const PoolView& pool);
  static std::size_t bytes(const PoolView& pool);

  std::size_t classes() const noexcept { return bias_.size(); }
  std::size_t width() const noexcept {
    return static_cast<std::size_t>(weight_.rows());
  }
  /// `[C]`: the weights of feature `d`.
  std::span<const double> weights_of(std::size_t d) const {
    return {weight_.row(static_cast<Eigen::Index>(d)).data(), classes()};
  }
  /// W h + b, `[C]`. Sums are taken in the order of features: they depend on
  /// nothing else.
  void logits(std::span<const double> h, std::span<double> out) const;
  /// W h.
  void product(std::span<const double> h, std::span<double> out) const;

 private:
  void add_product(std::span<const double> h, std::span<double> out) const;

  RowMatrix<double> weight_;  // [D, C]
  std::vector<double> bias_;  // [C]
};

/// The first of the largest: the class that logits or probabilities favour.
std::size_t favoured(std::span<const double> values);

}  // namespace quarry::detail
