#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "quarry/strategy/select_device.hpp"

namespace quarry {

struct TorchSelectDeviceOptions {
  /// "auto", "cpu", "cuda", "cuda:1".
  std::string device = "auto";
  /// Bytes of its memory that a selection may take, at least 2²⁰.
  std::size_t memory = std::size_t{4} << 30;
  /// Raises `strategy.device`.
  void validate() const;
};

/// Libtorch on a device, for the products of selections:
///
///     context.device = torch_select_device();
///
/// Products are taken in float whatever the application allows libtorch, TF32
/// or bf16, since bounds on distances rest on it; what the device makes of a
/// product of known value is looked at first. With "auto" and no usable GPU it
/// is null: the processor selects. "cpu" is libtorch on the processor, for
/// tests.
///
/// Raises `model.device` as models do, and `strategy.device` when products are
/// not those of floats.
std::shared_ptr<SelectDevice> torch_select_device(
    const TorchSelectDeviceOptions& options = {});

}  // namespace quarry
