#pragma once

#include <optional>
#include <string>

#include <torch/csrc/jit/api/module.h>

#include "quarry/model/detail/torch_engine.hpp"

namespace quarry::detail {

/// What a network does after its embeddings, where that is all that its logits
/// depend on.
struct NetHead {
  /// A digest of the code and weights that make the embeddings.
  std::string backbone;
  TorchEngine::Head logits;
};

/// The head of a network that is frozen, out of the code that runs: `frozen`
/// itself, or a copy that was converted. Nothing when it gives no embeddings,
/// when its logits depend on anything else of an image, when the head writes in
/// place, and when something is in the code that has no digest.
std::optional<NetHead> head_of(const torch::jit::Module& frozen,
                               const torch::jit::Module& running);

/// All that decides the bits of an embedding, for `HeadModel::backbone`. Empty
/// when the head does not give to the bit what the network gives for two trial
/// images.
std::string backbone_text(const TorchEngine& engine, const NetHead& head);

}  // namespace quarry::detail
