#include "torch/dropout_mask.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/core/stack.h>
#include <torch/csrc/jit/runtime/custom_operator.h>
#include <torch/csrc/jit/runtime/operator.h>

#include "quarry/core/random.hpp"

namespace quarry::detail {
namespace {

c10::Symbol registered(const char* name, const char* schema,
                       torch::jit::Operation operation) {
  const c10::Symbol symbol = c10::Symbol::fromQualString(name);
  // Another copy of this library in the process may have been first.
  if (torch::jit::getAllOperatorsFor(symbol).empty()) {
    const torch::jit::RegisterOperators made({torch::jit::Operator(
        schema, std::move(operation), c10::AliasAnalysisKind::FROM_SCHEMA)});
  }
  return symbol;
}

void operation(torch::jit::Stack& stack) {
  const auto channels = torch::jit::pop(stack).toBool();
  const auto pass = torch::jit::pop(stack).toInt();
  const auto seed = torch::jit::pop(stack).toInt();
  const auto layer = torch::jit::pop(stack).toInt();
  const auto p = torch::jit::pop(stack).toDouble();
  const auto x = torch::jit::pop(stack).toTensor();
  torch::jit::push(stack, dropout_mask(x, p, layer, seed, pass, channels));
}

}  // namespace

at::Tensor dropout_mask(const at::Tensor& x, double p, std::int64_t layer,
                        std::int64_t seed, std::int64_t pass, bool channels) {
  std::vector<std::int64_t> shape = x.sizes().vec();
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (d == 0 || (channels && d >= 2)) shape[d] = 1;
  }
  RandomStream random = RandomStream(static_cast<std::uint64_t>(seed))
                            .derive("dropout")
                            .derive(static_cast<std::uint64_t>(layer))
                            .derive(static_cast<std::uint64_t>(pass));
  at::Tensor mask = at::empty(shape, at::kFloat);
  const auto kept = static_cast<float>(1.0 / (1.0 - p));
  std::generate_n(mask.mutable_data_ptr<float>(), mask.numel(),
                  [&] { return random.uniform() < p ? 0.0F : kept; });
  return mask.to(x.options());
}

c10::Symbol dropout_place_symbol() {
  static const c10::Symbol symbol = registered(
      "quarry::dropout_place",
      "quarry::dropout_place(Tensor x, float p, int layer, bool channels) -> "
      "Tensor",
      [](torch::jit::Stack& stack) { torch::jit::drop(stack, 3); });
  return symbol;
}

c10::Symbol dropout_mask_symbol() {
  static const c10::Symbol symbol =
      registered("quarry::dropout_mask",
                 "quarry::dropout_mask(Tensor x, float p, int layer, int seed, "
                 "int number, "
                 "bool channels) -> Tensor",
                 operation);
  return symbol;
}

}  // namespace quarry::detail
