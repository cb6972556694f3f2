#pragma once

#include <torch/csrc/jit/api/module.h>
#include <torch/nn/module.h>

namespace quarry::detail {

/// A built-in network as TorchScript, in evaluation mode, with copies of its
/// weights under the same names; Python can load it, too.
torch::jit::Module to_script(torch::nn::Module& net);

}  // namespace quarry::detail
