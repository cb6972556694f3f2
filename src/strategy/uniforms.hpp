#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "quarry/core/random.hpp"
#include "quarry/strategy/pool_view.hpp"

namespace quarry::detail {

/// Numbers in [0, 1), one a draw: those of the pool's input `uniforms`, in
/// order, where it has them; otherwise drawn.
class Uniforms {
 public:
  /// Of the stream that `name` derives. Raises `strategy.input_shape` unless
  /// `uniforms` holds at least `draws` floats, and `strategy.bad_row` for one
  /// that is not in [0, 1).
  Uniforms(const PoolView& pool, const RandomStream& random,
           std::string_view name, std::size_t draws);

  double next();
  /// A whole number below `count`, by the next number.
  std::size_t below(std::size_t count);

 private:
  double given(std::size_t i) const;

  RandomStream random_;
  std::optional<ArrayView> given_;
  std::size_t taken_ = 0;
};

/// The smallest i of a weight above 0 with (w_0 + … + w_i) / total ≥ u; the
/// last of such a weight should rounding leave none. Expects that there is one.
std::size_t inverse_cdf(std::span<const double> weights, double total,
                        double u);

}  // namespace quarry::detail
