#pragma once

#include <map>
#include <string>

#include <ATen/core/Tensor.h>

#include "quarry/core/bytes.hpp"

namespace quarry::detail {

/// Tensors by name, as a network's parameters and buffers are called.
using NamedTensors = std::map<std::string, at::Tensor>;

/// The tensors of a file's bytes: TorchScript, a zip file of `torch.save`, or
/// safetensors. `name` is what messages call it. Raises `model.invalid`.
NamedTensors read_weights(const Bytes& bytes, const std::string& name);

/// The tensors of a state_dict written by `torch.save` as a zip file: a pickle,
/// of which only data is understood; no code is run. Throws `std::exception`.
NamedTensors read_state_dict(const Bytes& bytes);

/// The tensors of a safetensors file. Throws `std::exception`.
NamedTensors read_safetensors(const Bytes& bytes);

/// Whether the bytes begin like a safetensors file.
bool is_safetensors(const Bytes& bytes);

}  // namespace quarry::detail
