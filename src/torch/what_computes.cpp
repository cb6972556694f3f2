#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/core/InferenceMode.h>
#include <torch/version.h>

#include "quarry/model/detail/torch_engine.hpp"

#include "torch/fingerprint.hpp"
#include "torch/onednn.hpp"

namespace quarry::detail {
namespace {

namespace fs = std::filesystem;

/// What follows "KEY…:" in the first such line; empty without one.
std::string value_in(const fs::path& file, std::string_view key) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(key)) continue;
    const auto begin = line.find_first_not_of(" \t", line.find(':') + 1);
    return begin == line.npos ? std::string() : line.substr(begin);
  }
  return {};
}

/// Kernels are chosen and blocked for caches, too, so that the instruction set
/// does not tell them.
std::string processor() {
  return value_in("/proc/cpuinfo", "model name");
}

std::string graphics_cards() {
  std::string names;
  std::error_code error;
  const fs::path cards = "/proc/driver/nvidia/gpus";
  for (fs::directory_iterator card(cards, error), end; !error && card != end;
       card.increment(error)) {
    names += ", " + value_in(card->path() / "information", "Model");
  }
  return names;
}

}  // namespace

std::string what_computes(c10::Device device) {
  std::string text = "libtorch " TORCH_VERSION ", " + device.str() + ", " +
                     at::get_cpu_capability() + ", threads " +
                     std::to_string(at::get_num_threads()) + ", " + processor();
  if (!device.is_cpu()) text += graphics_cards();
  for (const char* name :
       {"ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "ONEDNN_DEFAULT_FPMATH_MODE",
        "DNNL_DEFAULT_FPMATH_MODE", "MKL_ENABLE_INSTRUCTIONS", "MKL_CBWR"}) {
    if (const char* set = std::getenv(name))
      text += std::string(", ") + name + ' ' + set;
  }
  return text;
}

std::string TorchEngine::computes_with() const {
  const c10::InferenceMode guard;
  const NetOutput output =
      forward_(trial_images(card_, format_).to(device_, at::kFloat));
  Fingerprint bits;
  for (const at::Tensor& tensor : {output.logits, output.embeddings}) {
    if (!tensor.defined()) continue;
    const at::Tensor values = tensor.to(at::kCPU, at::kFloat).contiguous();
    bits.add(
        {static_cast<const char*>(values.const_data_ptr()), values.nbytes()});
  }
  // Versions do not tell which kernels were taken, nor what `forward` does.
  const std::string precision = precision_ == Precision::fp32
                                    ? std::string()
                                    : ", " + std::string(name_of(precision_));
  return what_computes(device_) + precision + ", trial " +
         bits.text().substr(0, 8);
}

}  // namespace quarry::detail
