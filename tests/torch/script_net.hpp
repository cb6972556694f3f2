#pragma once

#include <string>
#include <utility>
#include <vector>

#include <torch/csrc/jit/api/module.h>
#include <torch/types.h>

namespace quarry::test {

/// A network out of its code and what that calls `self.name`, in evaluation
/// mode.
inline torch::jit::Module script_net(
    const std::string& forward,
    const std::vector<std::pair<std::string, torch::Tensor>>& parameters) {
  torch::jit::Module module("__torch__.Net");
  module.register_attribute("training", c10::BoolType::get(), true);
  for (const auto& [name, value] : parameters)
    module.register_parameter(name, value, false);
  module.define(forward);
  module.eval();
  return module;
}

}  // namespace quarry::test
