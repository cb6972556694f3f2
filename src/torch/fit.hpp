#pragma once

#include <torch/nn/module.h>

#include "quarry/model/detail/torch_engine.hpp"
#include "quarry/model/fit.hpp"

namespace quarry::detail {

/// Trains `module`, whose forward is the engine's, and leaves it in evaluation
/// mode. Raises `fit.*` and `model.input`.
FitReport fit_module(torch::nn::Module& module, const TorchEngine& engine,
                     const TrainingSet& set, const FitOptions& options);

}  // namespace quarry::detail
