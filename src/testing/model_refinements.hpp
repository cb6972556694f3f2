#pragma once

#include "quarry/testing/check_model.hpp"

#include "testing/violations.hpp"

namespace quarry::testing {

/// Checks what a model can do besides `infer` on a batch and what `infer` says
/// of it. Fits last, when asked to.
void check_refinements(AnyModel& model,
                       const detail::ModelRefinements& refinements,
                       const SlabView& batch, const Predictions& expected,
                       const CheckModelOptions& options,
                       Violations& violations);

}  // namespace quarry::testing
