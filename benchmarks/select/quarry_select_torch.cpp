// What quarry_select does, with products on a device of libtorch: the picks,
// and so the fingerprint, are the same.
//
//   quarry_select_torch --device cuda [--device-memory 4294967296] …

#include "quarry/strategy/torch_select_device.hpp"

#include "selection.hpp"

int main(int argc, char** argv) {
  return measure(argc, argv, [](const Options& options) {
    quarry::TorchSelectDeviceOptions device;
    if (options.contains("--device")) device.device = options.at("--device");
    if (options.contains("--device-memory")) {
      device.memory = std::stoul(options.at("--device-memory"));
    }
    return quarry::torch_select_device(device);
  });
}
