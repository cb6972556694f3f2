#include "torch/onednn.hpp"

#include <cmath>
#include <cstdint>
#include <exception>
#include <memory>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/Version.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/jit/passes/frozen_ops_to_mkldnn.h>

#include "torch/script.hpp"

namespace quarry::detail {

at::Tensor trial_images(const ModelCard& card, at::MemoryFormat format,
                        std::int64_t count) {
  const auto height = static_cast<std::int64_t>(card.height);
  const auto width = static_cast<std::int64_t>(card.width);
  const auto channels = static_cast<std::int64_t>(card.channels);
  const std::int64_t numbers = channels * height * width;
  const at::Tensor halvings = at::arange(count).remainder(10);
  const at::Tensor frequencies = at::exp2(-halvings.to(at::kFloat));
  return at::sin(at::arange(count * numbers, at::kFloat)
                     .view({count, numbers})
                     .mul(frequencies.view({count, 1})))
      .view({count, channels, height, width})
      .contiguous(format);
}

bool onednn_pays(c10::Device device) {
  return device.is_cpu() && at::hasMKLDNN() &&
         at::get_cpu_capability().starts_with("AVX512");
}

torch::jit::Module converted_to_onednn(const torch::jit::Module& frozen) {
  torch::jit::Module module = frozen.clone();
  std::shared_ptr<torch::jit::Graph> graph =
      module.get_method("forward").graph();
  torch::jit::ConvertFrozenOpsToMKLDNN(graph);
  return module;
}

std::optional<OnednnNet> on_onednn(const torch::jit::Module& frozen,
                                   const ModelCard& card,
                                   at::MemoryFormat format) {
  const c10::InferenceMode guard;
  try {
    const at::Tensor images = trial_images(card, format);
    const NetOutput wanted = runs(frozen)(images);
    torch::jit::Module fast = converted_to_onednn(frozen);
    NetOutput got = runs(fast)(images);
    if (agree(got.logits, wanted.logits) &&
        agree(got.embeddings, wanted.embeddings)) {
      return OnednnNet{std::move(fast), std::move(got)};
    }
  } catch (const std::exception&) {
    // It converts some networks into what cannot run.
  }
  return std::nullopt;
}

bool agree(const at::Tensor& ours, const at::Tensor& wanted, double tolerance) {
  if (!ours.defined() || !wanted.defined())
    return ours.defined() == wanted.defined();
  if (ours.sizes() != wanted.sizes()) return false;
  if (wanted.numel() == 0) return true;
  const at::Tensor right = wanted.to(at::kFloat);
  const at::Tensor off = ours.to(at::kFloat) - right;
  const double most = off.abs().max().item<double>();
  const double largest = right.abs().max().item<double>();
  return std::isfinite(largest) && most <= tolerance * largest;
}

}  // namespace quarry::detail
