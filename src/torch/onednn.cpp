#include "torch/onednn.hpp"

#include <cmath>
#include <cstdint>
#include <exception>
#include <memory>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/jit/passes/frozen_ops_to_mkldnn.h>

#include "torch/script.hpp"

namespace quarry::detail {

at::Tensor trial_images(const ModelCard& card, at::MemoryFormat format) {
  const auto height = static_cast<std::int64_t>(card.height);
  const auto width = static_cast<std::int64_t>(card.width);
  const auto channels = static_cast<std::int64_t>(card.channels);
  return at::sin(at::arange(2 * channels * height * width, at::kFloat))
      .view({2, channels, height, width})
      .contiguous(format);
}

torch::jit::Module converted_to_onednn(const torch::jit::Module& frozen) {
  torch::jit::Module module = frozen.clone();
  std::shared_ptr<torch::jit::Graph> graph =
      module.get_method("forward").graph();
  torch::jit::ConvertFrozenOpsToMKLDNN(graph);
  return module;
}

std::optional<torch::jit::Module> on_onednn(const torch::jit::Module& frozen,
                                            const ModelCard& card,
                                            at::MemoryFormat format) {
  const c10::InferenceMode guard;
  try {
    const at::Tensor images = trial_images(card, format);
    const NetOutput wanted = runs(frozen)(images);
    torch::jit::Module fast = converted_to_onednn(frozen);
    const NetOutput got = runs(fast)(images);
    if (agree(got.logits, wanted.logits) &&
        agree(got.embeddings, wanted.embeddings)) {
      return fast;
    }
  } catch (const std::exception&) {
    // It converts some networks into what cannot run.
  }
  return std::nullopt;
}

bool agree(const at::Tensor& ours, const at::Tensor& wanted) {
  if (!ours.defined() || !wanted.defined())
    return ours.defined() == wanted.defined();
  if (ours.sizes() != wanted.sizes()) return false;
  if (wanted.numel() == 0) return true;
  constexpr double tolerance = 1e-4;
  const double most = (ours - wanted).abs().max().item<double>();
  const double largest = wanted.abs().max().item<double>();
  return std::isfinite(largest) && most <= tolerance * largest;
}

}  // namespace quarry::detail
