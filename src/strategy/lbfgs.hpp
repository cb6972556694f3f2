#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "quarry/core/progress.hpp"

namespace quarry::detail {

struct LbfgsOptions {
  /// It has converged when no entry of the gradient is larger.
  double tolerance = 1e-8;
  /// It ends after so many.
  std::size_t max_iterations = 1000;
  /// How many steps it remembers, from 1 on: more save evaluations.
  std::size_t memory = 8;
};

/// The one minimum of a strictly convex function of n variables, whatever
/// `start`. `value(x, gradient)` returns the function at x and writes its
/// gradient. Asked to stop, it returns what it has.
///
/// O(`memory` n) an iteration, and mostly one call of `value`; memory:
/// `lbfgs_bytes`.
///
/// D. C. Liu & J. Nocedal, "On the Limited Memory BFGS Method for Large Scale
/// Optimization", Mathematical Programming 1989.
std::vector<double> minimise(
    const std::function<double(const std::vector<double>& x,
                               std::vector<double>& gradient)>& value,
    std::vector<double> start, const LbfgsOptions& options,
    const std::function<Flow()>& go_on);

/// What it allocates.
std::size_t lbfgs_bytes(std::size_t size, const LbfgsOptions& options);

}  // namespace quarry::detail
