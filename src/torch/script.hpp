#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <torch/csrc/jit/api/module.h>

#include "quarry/core/bytes.hpp"
#include "quarry/model/detail/torch_engine.hpp"

namespace quarry::detail {

/// A TorchScript module out of the bytes of a file, on the device. Raises
/// `model.invalid`, which says what the file is instead.
torch::jit::Module load_script(const Bytes& bytes, const std::string& name,
                               c10::Device device);

/// What a network returned: logits, or a pair of logits and embeddings. Raises
/// `model.output` for anything else.
NetOutput unpack(const c10::IValue& value);

/// Runs a module as it is. Raises `model.output`.
TorchEngine::Forward runs(const torch::jit::Module& module);

/// Runs a module in evaluation mode, not frozen, so that it has gradients by
/// its input; none by its parameters, which are changed.
TorchEngine::Forward differentiable(torch::jit::Module module,
                                    at::MemoryFormat format);

/// An engine that runs what `load` gives, in evaluation mode, frozen, in that
/// precision, and in fp32 on oneDNN where that serves. `load` is called once or
/// twice, and what it gives is changed.
std::shared_ptr<const TorchEngine> make_script_engine(
    const ModelCard& card, c10::Device device, Precision precision,
    const std::function<torch::jit::Module()>& load);

}  // namespace quarry::detail
