#pragma once

#include <optional>

#include <torch/csrc/jit/api/module.h>

#include "quarry/model/detail/torch_engine.hpp"

namespace quarry::detail {

/// The head of a network that is frozen and computes in `type`, out of the code
/// that runs: `frozen` itself, or a copy that was converted. Nothing when it
/// gives no embeddings, when its logits depend on anything else of an image,
/// when anything is written to in place but on the way to the embeddings, and
/// when something is in the code that has no digest.
std::optional<NetHead> head_of(const torch::jit::Module& frozen,
                               const torch::jit::Module& running,
                               at::ScalarType type);

}  // namespace quarry::detail
