#pragma once

#include <cstdint>
#include <optional>

#include <c10/core/Device.h>
#include <torch/csrc/jit/api/module.h>

#include "quarry/model/detail/torch_engine.hpp"

namespace quarry::detail {

/// Whether networks are converted to oneDNN's own layouts on this device: on a
/// CPU with AVX-512. With AVX2 its kernels on channels last are about as fast,
/// and 1.7 times as fast for layers of few pixels (benchmarks/pipeline). By the
/// processor, not by a clock, so that a run repeats.
bool onednn_pays(c10::Device device);

/// A copy of a frozen network whose convolutions, and what lies between them,
/// run in oneDNN's layouts.
torch::jit::Module converted_to_onednn(const torch::jit::Module& frozen);

/// A network that was converted, and what it gave for two trial images.
struct OnednnNet {
  torch::jit::Module module;
  NetOutput trial;
};

/// A frozen network on oneDNN's kernels and layouts, which are up to twice as
/// fast, or nothing where they do not serve it: they fail, or two trial images
/// come out otherwise. Of what `torch::jit::optimize_for_inference` does this
/// is the part that keeps a row's bits independent of its place in the batch.
std::optional<OnednnNet> on_onednn(const torch::jit::Module& frozen,
                                   const ModelCard& card,
                                   at::MemoryFormat format);

/// Images in [-1, 1] that differ: waves, each of half the frequency of the one
/// before, ten of them.
at::Tensor trial_images(const ModelCard& card, at::MemoryFormat format,
                        std::int64_t count = 2);

/// Whether no number of `ours` is off by more than `tolerance` times the
/// largest of `wanted`; false when one of `wanted` is not finite.
bool agree(const at::Tensor& ours, const at::Tensor& wanted,
           double tolerance = 1e-4);

}  // namespace quarry::detail
