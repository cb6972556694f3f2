#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/runtime/interpreter.h>

#include "quarry/model/detail/torch_engine.hpp"

namespace quarry::detail {

/// A network with its dropout switched on, cut where that begins: what lies
/// before runs once a batch, what follows once a pass.
///
/// Dropout is `aten::dropout` and `aten::feature_dropout` (whole channels), in
/// place or not; everything else stays in evaluation mode. Each becomes a
/// product with a mask of the activation's shape without its rows, drawn from
///
///     RandomStream(seed).derive("dropout").derive(layer).derive(pass)
///
/// in row-major order: 0 where a uniform number is below p, else 1 / (1 − p);
/// layers count in the order of the code, those left out that drop nothing (p =
/// 0). What lies before runs on oneDNN where that serves, as in `infer`; what
/// follows does not. Both compute in the engine's precision.
class DropoutNet {
 public:
  /// Nothing when no dropout has a say in the logits. Takes a module in
  /// evaluation mode and changes its code. Raises `model.dropout` for a kind
  /// that is not known, and when outputs are not finite, are others each time,
  /// or are not the same wherever an image stands in a batch.
  static std::shared_ptr<const DropoutNet> cut(const torch::jit::Module& module,
                                               const TorchEngine& engine);

  /// The logits `[B, C]` of each pass, for what `TorchEngine::preprocess` gave.
  std::vector<at::Tensor> logits(const at::Tensor& input, std::size_t passes,
                                 std::uint64_t seed) const;

 private:
  DropoutNet() = default;
  void expect_rows_apart(const at::Tensor& images) const;

  c10::IValue self_;
  torch::jit::Code prefix_;
  torch::jit::Code suffix_;
  at::ScalarType type_ = at::kFloat;  ///< of what it computes in
  double tolerance_ = 0.0;            ///< of what computes the same
  bool writes_ = false;               ///< in place: to the input, perhaps
};

/// The dropout of a network, cut when it is first asked for.
class LazyDropout {
 public:
  /// Null when there is none. From any thread; what is raised is raised again
  /// the next time.
  const DropoutNet* get(const TorchEngine& engine,
                        const std::function<torch::jit::Module()>& load) const;

 private:
  mutable std::mutex mutex_;
  mutable bool known_ = false;
  mutable std::shared_ptr<const DropoutNet> net_;
};

/// Raises what `TorchEngine::infer_passes` does, and `model.dropout` when `net`
/// is null.
StochasticPredictions infer_stochastic(const TorchEngine& engine,
                                       const DropoutNet* net,
                                       const SlabView& slab, std::size_t passes,
                                       std::uint64_t seed);

}  // namespace quarry::detail
