#pragma once

#include <functional>
#include <mutex>

#include "quarry/core/input_gradient.hpp"
#include "quarry/model/detail/torch_engine.hpp"

namespace quarry::detail {

/// What `engine` makes of a slab, on the host: `[B, P]`, channels first.
/// Raises `model.input`, `model.infer`.
Matrix preprocessed(const TorchEngine& engine, const SlabView& slab);

/// `DifferentiableModel::gradient` of `forward`, whose input, device and format
/// are those of the engine. Computes in fp32. Raises `model.input` for other
/// shapes, `model.output`, and `model.infer`, also where the logits are cut off
/// from the input.
InputGradient input_gradient(const TorchEngine& engine,
                             const TorchEngine::Forward& forward,
                             const Matrix& inputs, const Matrix& cotangent);

/// A network as it was before it was made fast, and with it no longer
/// differentiable; loaded when it is first asked for.
class LazyForward {
 public:
  /// From any thread; what is raised is raised again the next time.
  const TorchEngine::Forward& get(
      const std::function<TorchEngine::Forward()>& load) const;

 private:
  mutable std::mutex mutex_;
  mutable TorchEngine::Forward forward_;
};

}  // namespace quarry::detail
