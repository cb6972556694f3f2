#pragma once

#include <exception>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>
#include <torch/nn/module.h>

namespace quarry::detail {

/// Puts the weights of a module back unless told that the new ones are good.
class Snapshot {
 public:
  explicit Snapshot(torch::nn::Module& module) : module_(module) {
    const auto keep = [this](const at::Tensor& tensor) {
      kept_.emplace_back(tensor, tensor.detach().clone());
    };
    for (const at::Tensor& tensor : module.parameters()) keep(tensor);
    for (const at::Tensor& tensor : module.buffers()) keep(tensor);
  }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  ~Snapshot() {
    try {
      const c10::NoGradGuard guard;
      for (auto& [tensor, value] : kept_) tensor.copy_(value);
      module_.eval();
    } catch (const std::exception&) {  // the device is gone, and they with it
    }
  }
  void keep_the_new() { kept_.clear(); }

 private:
  torch::nn::Module& module_;
  std::vector<std::pair<at::Tensor, at::Tensor>> kept_;
};

}  // namespace quarry::detail
