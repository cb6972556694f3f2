#include "torch/input_gradient.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>

#include "torch/computed.hpp"
#include "torch/device_batches.hpp"

namespace quarry::detail {
namespace {

std::size_t elements_of(const ModelCard& card) {
  return card.channels * card.height * card.width;
}

at::Tensor flat(const at::Tensor& tensor) {
  return tensor.contiguous().view({tensor.size(0), -1});
}

/// libtorch's own memory, which is aligned as it likes.
at::Tensor copied(const Matrix& matrix) {
  at::Tensor tensor = at::empty({matrix.rows(), matrix.cols()});
  std::copy_n(matrix.data(), matrix.size(), tensor.mutable_data_ptr<float>());
  return tensor;
}

void expect_shapes(const TorchEngine& engine, const Matrix& inputs,
                   const Matrix& cotangent) {
  const std::size_t elements = elements_of(engine.card());
  const std::size_t classes = engine.class_count();
  if (static_cast<std::size_t>(inputs.cols()) == elements &&
      static_cast<std::size_t>(cotangent.cols()) == classes &&
      cotangent.rows() == inputs.rows()) {
    return;
  }
  raise("model.input", "gradient() takes inputs [B, " +
                           std::to_string(elements) + "] and cotangents [B, " +
                           std::to_string(classes) + "]");
}

at::Tensor logits_of(const TorchEngine& engine, const NetOutput& out,
                     std::int64_t rows) {
  const auto classes = static_cast<std::int64_t>(engine.class_count());
  if (out.logits.dim() != 2 || out.logits.size(0) != rows ||
      out.logits.size(1) != classes) {
    raise("model.output",
          "the network returned logits of another shape than at first");
  }
  return out.logits.to(at::kFloat);
}

}  // namespace

Matrix preprocessed(const TorchEngine& engine, const SlabView& slab) {
  if (slab.rows == 0) {
    engine.accepts(slab.spec).value();
    return Matrix(0, elements_of(engine.card()));
  }
  return computed(slab.spec, [&]() -> Matrix {
    return to_matrices({flat(engine.preprocess(slab)).to(at::kCPU)}).front();
  });
}

InputGradient input_gradient(const TorchEngine& engine,
                             const TorchEngine::Forward& forward,
                             const Matrix& inputs, const Matrix& cotangent) {
  expect_shapes(engine, inputs, cotangent);
  const auto rows = static_cast<std::int64_t>(inputs.rows());
  if (rows == 0) return {cotangent, inputs};
  // Logits alone are wanted where nothing weighs them.
  const bool slope = !cotangent.isZero(0);
  return computed_with_gradients("a gradient by the input", [&] {
    const c10::AutoGradMode recording(slope);
    const ModelCard& card = engine.card();
    const auto extent = [](std::size_t n) {
      return static_cast<std::int64_t>(n);
    };
    at::Tensor x = copied(inputs)
                       .view({rows, extent(card.channels), extent(card.height),
                              extent(card.width)})
                       .to(engine.device())
                       .contiguous(engine.format())
                       .detach()
                       .requires_grad_(slope);
    // A copy, since a network may write to what it is given.
    const at::Tensor logits = logits_of(engine, forward(x.clone()), rows);
    InputGradient out{to_matrices({logits.detach().to(at::kCPU)}).front(),
                      Matrix::Zero(inputs.rows(), inputs.cols())};
    if (!slope) return out;
    if (!logits.requires_grad()) {
      raise("model.infer",
            "the network's logits do not tell their gradient by its input",
            "it may run under torch.no_grad(), or detach() what it computes");
    }
    const at::Tensor weights = copied(cotangent).to(engine.device());
    const at::Tensor gradient =
        torch::autograd::grad({logits}, {x}, {weights}, std::nullopt,
                              /*create_graph=*/false, /*allow_unused=*/true)
            .front();
    if (gradient.defined())
      out.gradient = to_matrices({flat(gradient).to(at::kCPU)}).front();
    return out;
  });
}

const TorchEngine::Forward& LazyForward::get(
    const std::function<TorchEngine::Forward()>& load) const {
  const std::lock_guard lock(mutex_);
  // What is loaded in inference mode never has gradients.
  const c10::InferenceMode normal(false);
  if (!forward_) forward_ = load();
  return forward_;
}

}  // namespace quarry::detail
