#include <dlfcn.h>
#include <filesystem>
#include <link.h>
#include <string_view>

#include <ATen/Context.h>
#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/Exception.h>
#include <torch/version.h>

#include "quarry/core/error.hpp"
#include "quarry/model/torch_runtime.hpp"

#include "torch/device.hpp"

namespace quarry {
namespace detail {
namespace {

/// What this machine offers beyond the CPU.
struct Cuda {
  int devices = 0;
  std::string why_not = {};  ///< empty when there is a usable one
};

/// Loads libtorch's CUDA half; says what went wrong, or nothing.
std::string load_cuda() {
  if (c10::impl::hasDeviceGuardImpl(c10::kCUDA)) return "";  // linked in
  // Libtorch's CUDA half takes seconds and gigabytes: only with a driver.
  void* driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (driver == nullptr) return "no NVIDIA driver on this machine";
  const std::filesystem::path library = torch_directory() / "libtorch_cuda.so";
  if (!std::filesystem::exists(library)) {
    return "this libtorch was installed without its CUDA half (" +
           library.string() + " is not there)";
  }
  // Its symbols must be seen by what it loads in turn.
  if (dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    const char* reason = dlerror();
    return std::string("libtorch's CUDA half cannot be loaded: ") +
           (reason == nullptr ? library.c_str() : reason);
  }
  if (!c10::impl::hasDeviceGuardImpl(c10::kCUDA)) {
    return library.string() + " brought no CUDA backend";
  }
  return "";
}

Cuda look_for_cuda() {
  Cuda cuda{.devices = 0, .why_not = load_cuda()};
  if (!cuda.why_not.empty()) return cuda;
  try {
    const c10::impl::VirtualGuardImpl guard(c10::kCUDA);
    cuda.devices = guard.deviceCount();
    // Running something finds drivers that are too old and GPUs for which this
    // libtorch has no kernels, and says so in libtorch's words.
    at::ones({2}, at::TensorOptions(c10::Device(c10::kCUDA, 0)))
        .add(1)
        .sum()
        .item<float>();
    if (cuda.devices == 0) cuda.why_not = "no CUDA device is visible";
  } catch (const std::exception& error) {
    cuda.devices = 0;
    cuda.why_not = first_line(error);
  }
  return cuda;
}

const Cuda& cuda() {
  static const Cuda found = look_for_cuda();
  return found;
}

}  // namespace

std::filesystem::path torch_directory() {
  std::string found;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* out) {
        const std::string_view name = info->dlpi_name;
        if (!name.ends_with("/libtorch_cpu.so")) return 0;
        *static_cast<std::string*>(out) = name;
        return 1;
      },
      &found);
  return std::filesystem::path(found).parent_path();
}

std::string first_line(const std::exception& error) {
  const auto* from_torch = dynamic_cast<const c10::Error*>(&error);
  std::string text = from_torch == nullptr
                         ? std::string(error.what())
                         : from_torch->what_without_backtrace();
  // TorchScript's own errors begin with their traceback.
  if (const auto at = text.rfind("RuntimeError: "); at != text.npos) {
    text.erase(0, at + std::string_view("RuntimeError: ").size());
  }
  const auto begin = text.find_first_not_of(" \n");
  if (begin == text.npos) return "libtorch gives no reason";
  text.erase(0, begin);
  return text.substr(0, text.find('\n'));
}

DeviceChoice choose_device(const std::string& wanted) {
  if (wanted == "cpu") return {};
  if (wanted == "auto") {
    if (cuda().devices > 0) return {.device = c10::Device(c10::kCUDA, 0)};
    return {.device = c10::kCPU,
            .notes = {"running on the CPU: " + cuda().why_not}};
  }
  const std::string_view number =
      std::string_view(wanted).substr(std::min<std::size_t>(wanted.size(), 5));
  const bool digits = !number.empty() && number.size() <= 2 &&
                      number.find_first_not_of("0123456789") == number.npos;
  if (wanted != "cuda" && !(wanted.starts_with("cuda:") && digits)) {
    raise("model.device", "\"" + wanted + "\" is no device",
          "devices: auto, cpu, cuda, cuda:0, cuda:1, ...");
  }
  const int index = digits ? std::stoi(std::string(number)) : 0;
  if (cuda().devices == 0) {
    raise("model.device", wanted + " is not usable: " + cuda().why_not,
          "run on the CPU with device cpu or auto; quarry doctor tells more");
  }
  if (index >= cuda().devices) {
    raise("model.device", wanted + " is not there: this machine has " +
                              std::to_string(cuda().devices) + " CUDA device" +
                              (cuda().devices == 1 ? "" : "s"));
  }
  return {.device =
              c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(index))};
}

}  // namespace detail

TorchRuntimeInfo torch_runtime_info() {
  TorchRuntimeInfo info;
  info.version = TORCH_VERSION;
  info.cpu = at::get_cpu_capability();
  info.threads = static_cast<std::size_t>(at::get_num_threads());
  info.devices.push_back({.name = "cpu", .usable = true, .why = ""});
  const detail::Cuda& cuda = detail::cuda();
  for (int i = 0; i < cuda.devices; ++i) {
    info.devices.push_back(
        {.name = "cuda:" + std::to_string(i), .usable = true, .why = ""});
  }
  if (cuda.devices == 0) {
    info.devices.push_back(
        {.name = "cuda", .usable = false, .why = cuda.why_not});
  }
  return info;
}

}  // namespace quarry
