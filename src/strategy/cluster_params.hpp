#pragma once

#include "quarry/strategy/diversity/clusterer.hpp"
#include "quarry/strategy/params.hpp"

namespace quarry::detail {

/// What `clusterer_of` asks for, with defaults.
inline constexpr const char* k_means_params = "max_iter=300 tol=0.0001";

inline WeightedKMeans clusterer_of(StrategyParams& params) {
  kernels::KMeansOptions options;
  options.max_iterations = params.count("max_iter", options.max_iterations, 1);
  options.tolerance = params.number("tol", options.tolerance, 0);
  return {.options = options};
}

}  // namespace quarry::detail
