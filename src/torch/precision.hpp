#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/api/module.h>

#include "quarry/model/detail/torch_engine.hpp"
#include "quarry/model/precision.hpp"

namespace quarry::detail {

/// What libtorch calls it; not of `automatic`.
at::ScalarType type_of(Precision precision);

/// How far two ways to compute the same in that precision may be apart, as a
/// part of the largest number.
double tolerance_of(Precision precision);

/// Turns parameters, buffers and the constants of the code from float into
/// `type`, in place. Numbers without a dimension stay, for they decide no type.
void convert(torch::jit::Module& module, at::ScalarType type);
void convert(torch::jit::Graph& graph, at::ScalarType type);

/// An engine, and what an operator should know of how it was chosen.
struct ChosenEngine {
  std::shared_ptr<const TorchEngine> engine;
  std::vector<std::string> notes = {};
};

/// An engine in the precision that is wanted. It is held against fp32 on trial
/// images: a note says so when the top classes of more than an eighth differ.
/// `automatic` takes the one whose batches of `batch` rows are computed fastest
/// of fp32, bf16 and, on a GPU, fp16, leaving out what fails, what is not
/// finite and what differs so much.
///
/// `make` is called once for each precision that is tried. Raises what it
/// raises for fp32, and `model.precision` when the precision wanted cannot be
/// computed in.
ChosenEngine choose_engine(
    Precision wanted, std::size_t batch,
    const std::function<std::shared_ptr<const TorchEngine>(Precision)>& make);

}  // namespace quarry::detail
