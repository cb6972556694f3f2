#pragma once

#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "quarry/core/matrix.hpp"

#include "model/device_lane.hpp"

namespace quarry::detail {

/// Copies of floats `[rows, columns]` on the CPU.
std::vector<Matrix> to_matrices(const std::vector<at::Tensor>& tensors);

/// Takes batches to a device and their results back. Each batch has two streams
/// of the device, one for its copy and one for its kernels, and memory that the
/// next one uses again. No CUDA header is needed: c10 knows streams and events
/// of any device.
class DeviceBatches {
 public:
  /// Streams of `device`; tensors on `memory`, which is the same but in tests.
  DeviceBatches(c10::Device device, c10::Device memory);
  explicit DeviceBatches(c10::Device device) : DeviceBatches(device, device) {}
  ~DeviceBatches();

  /// What is computed of a tensor on the device, `[B, columns]` in floats. It
  /// must neither write to the tensor nor keep it.
  using Compute = std::function<std::vector<at::Tensor>(const at::Tensor&)>;

  /// `compute(host)`, on the device. Returns when all is done; batches of other
  /// threads run beside this one. `host` is copied without waiting when it is
  /// pinned. Raises what `compute` raises, and what the device does.
  std::vector<Matrix> run(const at::Tensor& host, const Compute& compute);

 private:
  class Lane;
  LanePool<Lane> lanes_;
};

}  // namespace quarry::detail
