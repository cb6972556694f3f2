#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/version.h>

#include "quarry/model/detail/torch_engine.hpp"

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
  if (const char* set = std::getenv("ONEDNN_MAX_CPU_ISA"))
    text += std::string(", oneDNN up to ") + set;
  return text;
}

}  // namespace quarry::detail
