#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace quarry {

/// Sets how many threads libtorch uses inside one operator, for the whole
/// process. The library never does so by itself: thread counts belong to the
/// application.
///
/// Every thread takes the number from the next batch on that it computes; what
/// is kept of predictions says which it was. (`at::set_num_threads` reaches
/// only its own thread and those that have not run libtorch yet, and does not
/// count once this was called.) Call it once, before any inference: libtorch
/// drops its kernel caches when the number changes. With 1, and as many
/// pipeline threads as cores, batches run beside each other and the picks do
/// not depend on the number of threads.
///
/// Raises `model.option` unless `count` is 1 … 4096.
void use_threads(std::size_t count);

/// A device that libtorch could run on.
struct TorchDevice {
  std::string name;  ///< "cpu", "cuda:0", or "cuda" when none is usable
  bool usable = false;
  std::string why;  ///< why it is not usable; empty when it is
};

/// What `quarry doctor` tells about libtorch.
struct TorchRuntimeInfo {
  std::string version;      ///< "2.15.0"
  std::string cpu;          ///< the instruction set its kernels use: "AVX2"
  std::size_t threads = 0;  ///< threads inside one operator, as set
  std::vector<TorchDevice> devices;
};

/// Looks at libtorch and the devices of this machine. The first call loads
/// libtorch's CUDA half when an NVIDIA driver is there, which takes seconds.
TorchRuntimeInfo torch_runtime_info();

}  // namespace quarry
