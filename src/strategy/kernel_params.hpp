#pragma once

#include <string_view>

#include "quarry/strategy/params.hpp"
#include "quarry/strategy/row_kernel.hpp"

namespace quarry::detail {

/// Calls `make` with the kernel that the parameter `key` names: `cosine`, `rbf`
/// (with `sigma=1` and `normalize=true`) or `inverse_euclidean`.
auto with_kernel(StrategyParams& params, std::string_view key,
                 std::string_view fallback, const auto& make) {
  const std::string name =
      params.one_of(key, fallback, {"cosine", "rbf", "inverse_euclidean"});
  if (name == "cosine") return make(CosineKernel());
  if (name == "inverse_euclidean") return make(InverseDistance<>());
  const double sigma = params.number("sigma", 1.0, 0.0);
  if (params.boolean("normalize", true)) return make(RbfKernel{.sigma = sigma});
  return make(RawRbfKernel{.sigma = sigma});
}

}  // namespace quarry::detail
