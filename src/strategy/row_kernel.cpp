#include "quarry/strategy/row_kernel.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "quarry/strategy/detail/options.hpp"

#include "strategy/kernels/bounds.hpp"

namespace quarry {
namespace {

void expect_sigma(double sigma) {
  detail::expect_option(sigma > 0.0 && std::isfinite(sigma), "sigma", sigma,
                        "finite and above 0");
}

}  // namespace

void RbfKernel::validate() const {
  expect_sigma(sigma);
}

void RbfKernel::bounds(std::span<float> values) const {
  constexpr double most = std::numeric_limits<float>::max();
  kernels::exp_above(values.data(), values.size(),
                     static_cast<float>(std::min(1.0 / (sigma * sigma), most)));
}

void RawRbfKernel::validate() const {
  expect_sigma(sigma);
}

}  // namespace quarry
