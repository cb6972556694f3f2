#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "quarry/core/result.hpp"
#include "quarry/model/concept.hpp"
#include "quarry/model/detail/torch_module_core.hpp"
#include "quarry/model/model_card.hpp"
#include "quarry/model/precision.hpp"

namespace quarry {

struct TorchModuleOptions {
  /// "auto" (CUDA when it is usable, else the CPU), "cpu", "cuda" or "cuda:1".
  std::string device = "auto";
  /// What inference computes in; see `TorchScriptOptions`.
  Precision precision = Precision::fp32;
  /// Rows of the batches that `automatic` measures, ≥ 1.
  std::size_t batch = 128;
};

/// Any `torch::nn` module as a model. `Net` is a module holder (made by
/// `TORCH_MODULE`) or a `std::shared_ptr` to a module; its
///
///     net->forward(x)   takes floats [B, channels, H, W] and returns logits
///                       [B, C], or std::tuple(logits, embeddings [B, D])
///
/// Input, preprocessing and classes come from the card; see `TorchScriptModel`
/// for what happens to pixels. Inference runs in evaluation mode; in bf16 and
/// fp16 by libtorch's autocast, which converts weights for every batch and
/// leaves to fp32 what needs it, so that the network can go on training in
/// fp32.
///
/// Models `EmbeddingModel` (D = 0 without embeddings), `TrainableModel` and
/// `DifferentiableModel`. Copies and replicas share one network, which is also
/// the caller's: training through one trains them all, and none may infer
/// meanwhile. Replicas infer beside each other, so `forward` must not write to
/// members in evaluation mode.
///
/// This header includes libtorch's; `TorchNet` and `TorchScriptModel` do not.
template <class Net>
class TorchModule {
 public:
  /// Moves the network to the device, puts it into evaluation mode and runs it
  /// once on zeros. Raises `model.device`, `model.precision`, `model.output`,
  /// `model.classes`, `model.infer`, `model.option`, `card.invalid`.
  TorchModule(Net net, ModelCard card, const TorchModuleOptions& options = {})
      : net_(net),
        core_(pointer_to(net), std::move(card),
              {.device = options.device,
               .precision = options.precision,
               .batch = options.batch},
              [net](const at::Tensor& x) mutable {
                return detail::to_output(net->forward(x));
              }) {}

  /// Raises `model.input`, `model.output`, `model.memory`, `model.infer`.
  Predictions infer(const SlabView& slab) { return core_.engine().infer(slab); }
  /// The network's input `[B, channels · height · width]`, channels first.
  /// Raises `model.input`, `model.infer`.
  Matrix preprocess(const SlabView& slab) { return core_.preprocess(slab); }
  /// By the network's input, in fp32 whatever the precision. Raises
  /// `model.input`, `model.memory`, `model.infer`.
  InputGradient gradient(const Matrix& inputs, const Matrix& cotangent) {
    return core_.gradient(inputs, cotangent);
  }
  SampleSpec input() const { return core_.engine().input(); }
  /// Also images of which neither side is larger.
  Result<void> accepts(const SampleSpec& spec) const {
    return core_.engine().accepts(spec);
  }
  std::vector<std::string> classes() const { return core_.engine().classes(); }
  /// 128 bits of hash, in hexadecimal, over the printed architecture, names and
  /// values of all parameters and buffers, and the card. Cost: O(parameters).
  std::string fingerprint() const { return core_.fingerprint(); }
  /// libtorch, its instruction set and threads, the processor, and the
  /// precision when it is not fp32.
  std::string computes_with() const { return core_.engine().computes_with(); }
  TorchModule replicate() const { return *this; }
  std::size_t embedding_dim() const { return core_.engine().embedding_dim(); }
  std::shared_ptr<std::byte[]> make_slab(std::size_t bytes) const {
    return core_.engine().make_slab(bytes);
  }
  /// See `TorchScriptModel`.
  std::size_t default_executors(std::size_t threads) const {
    return core_.engine().default_executors(threads);
  }
  std::vector<std::string> notes() const { return core_.notes(); }
  /// As the card says.
  Task task() const { return card().task; }

  /// Trains all parameters that require gradients; see `FitOptions`. The same
  /// seed, set, weights, device and number of libtorch threads give the same
  /// result. Batch norm learns with its own momentum; afterwards its statistics
  /// are measured once more over the set as it is, without flips and crops.
  ///
  /// Raises `fit.option`; `fit.task` unless the card says multiclass;
  /// `fit.labels` for a label outside [0, C), another number of labels than
  /// rows, or no rows; `model.input`; `model.infer` with libtorch's own words
  /// when a batch cannot be computed; `fit.diverged` when the loss is no longer
  /// finite. What `on_epoch` throws passes as it is. Weights and statistics are
  /// those of before when anything is thrown.
  FitReport fit(const TrainingSet& set, const FitOptions& options = {}) {
    return core_.fit(set, options);
  }

  const Net& net() const noexcept { return net_; }
  const ModelCard& card() const { return core_.engine().card(); }
  /// "cpu", "cuda:0"
  std::string device() const { return core_.engine().device().str(); }
  /// What it computes in: never `automatic`.
  Precision precision() const { return core_.engine().precision(); }

 private:
  static std::shared_ptr<torch::nn::Module> pointer_to(const Net& net) {
    if constexpr (requires { net.ptr(); }) {
      return net.ptr();
    } else {
      return net;
    }
  }

  Net net_;
  detail::TorchModuleCore core_;
};

}  // namespace quarry
