#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <torch/nn/module.h>

#include "quarry/model/detail/torch_engine.hpp"
#include "quarry/model/fit.hpp"

namespace quarry::detail {

inline NetOutput to_output(at::Tensor logits) {
  return {.logits = std::move(logits), .embeddings = {}};
}
inline NetOutput to_output(std::tuple<at::Tensor, at::Tensor> both) {
  return {.logits = std::get<0>(std::move(both)),
          .embeddings = std::get<1>(std::move(both))};
}

/// Where and how a module infers.
struct ModuleRun {
  std::string device = "auto";
  Precision precision = Precision::fp32;
  std::size_t batch = 128;
};

/// What `TorchModule` does that does not depend on the type of the network.
class TorchModuleCore {
 public:
  TorchModuleCore(std::shared_ptr<torch::nn::Module> module, ModelCard card,
                  const ModuleRun& run, TorchEngine::Forward forward);

  /// That of inference, in the precision taken.
  const TorchEngine& engine() const noexcept { return *engine_; }
  const std::vector<std::string>& notes() const noexcept { return notes_; }
  std::string fingerprint() const;
  FitReport fit(const TrainingSet& set, const FitOptions& options) const;
  /// In fp32, as training is.
  Matrix preprocess(const SlabView& slab) const;
  InputGradient gradient(const Matrix& inputs, const Matrix& cotangent) const;

 private:
  std::shared_ptr<torch::nn::Module> module_;
  std::shared_ptr<const TorchEngine> exact_;  ///< that of training, in fp32
  std::shared_ptr<const TorchEngine> engine_;
  std::vector<std::string> notes_;
};

}  // namespace quarry::detail
