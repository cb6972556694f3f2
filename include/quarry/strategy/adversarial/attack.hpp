#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "quarry/core/input_gradient.hpp"
#include "quarry/core/matrix.hpp"

namespace quarry {

/// A classifier as an attack sees it: matrices in, matrices out.
struct AttackedModel {
  std::size_t classes = 0;  ///< C
  /// The logits `[B, C]` of inputs `[B, P]`, and the gradient `[B, P]` of
  /// `Σ_c cotangent(r, c) · logit(r, c)`: what `DifferentiableModel` gives.
  /// Where all cotangents are 0, logits alone are wanted. Raises what the model
  /// raises, and `pipeline.predictions` where shapes are wrong; throws what is
  /// no `std::exception` when the run is stopped.
  std::function<InputGradient(const Matrix& inputs, const Matrix& cotangent)>
      gradient = {};
};

/// How a strategy wants the model to be attacked, with what it may set. A
/// literal type, which travels with what the strategy needs: the pipeline runs
/// it on every batch, so that strategies see numbers, never models.
struct Attack {
  /// Fills `lengths[r]`, of `[B]`, for each r in `rows`, which ascend: how far
  /// row r of the inputs `[B, P]` had to be moved before the model saw another
  /// class, in whatever measure; ∞ where it never did, NaN where the sample is
  /// of no use. Other rows are padding. What it says of a row may depend on B,
  /// but neither on the other rows nor on which these are. Called from several
  /// threads at once, each with a model of its own. Lets through whatever
  /// `model.gradient` throws.
  using Run = void (*)(const AttackedModel& model, const Matrix& inputs,
                       std::span<const std::size_t> rows, const Attack& attack,
                       std::span<float> lengths);

  Run run = nullptr;                ///< null: no attack
  std::size_t max_iterations = 50;  ///< steps of a row at most
  double step = 0.0;                ///< of each element, where it is fixed

  friend constexpr bool operator==(const Attack&, const Attack&) = default;
};

}  // namespace quarry
