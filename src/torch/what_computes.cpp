#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/version.h>

#include "quarry/core/json.hpp"
#include "quarry/model/detail/torch_engine.hpp"

#include "torch/computed.hpp"
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

/// A digest of types, shapes and values; those undefined are left out.
std::string bits_of(const std::vector<at::Tensor>& tensors) {
  Fingerprint bits;
  for (const at::Tensor& tensor : tensors)
    if (tensor.defined()) add_tensor("", tensor, bits);
  return bits.text();
}

/// What may decide the last bits of a prediction besides the network.
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

}  // namespace

NetOutput TorchEngine::trial() const {
  return computed(input(), [&] {
    return forward(trial_images(card_, format_).to(device_, at::kFloat));
  });
}

NetOutput TorchEngine::last_trial() const {
  {
    const std::lock_guard lock(trying_);
    if (last_trial_) return *std::exchange(last_trial_, std::nullopt);
  }
  return trial();
}

std::string TorchEngine::computes_with() const {
  const NetOutput output = trial();
  {
    const std::lock_guard lock(trying_);
    last_trial_ = output;
  }
  // Versions do not tell which kernels were taken, nor what `forward` does.
  const std::string precision = precision_ == Precision::fp32
                                    ? std::string()
                                    : ", " + std::string(name_of(precision_));
  return what_computes(device_) + precision + ", trial " +
         bits_of({output.logits, output.embeddings}).substr(0, 8);
}

std::string TorchEngine::backbone() const {
  if (!network_.head) return {};
  const NetOutput whole = last_trial();
  // The head sees contiguous rows, for which other kernels may be taken.
  if (!whole.embeddings.is_contiguous()) return {};
  try {
    const bool same = computed("a head", [&] {
      return at::equal(network_.head->logits(whole.embeddings), whole.logits);
    });
    if (!same) return {};
  } catch (const Error& error) {
    if (error.id() == "model.memory") throw;
    // Some code does not run by itself.
    return {};
  }
  const Json card = card_.to_json();
  Fingerprint all;
  all.add(network_.head->backbone);
  all.add(to_line(card.at("input")));
  all.add(to_line(card.at("preprocess")));
  all.add(what_computes(device_));
  all.add(name_of(precision_));
  all.add(format_ == at::MemoryFormat::ChannelsLast ? "last" : "first");
  all.add(bits_of({whole.embeddings}));
  return all.text();
}

}  // namespace quarry::detail
