#include "quarry/strategy/row_kernel.hpp"

#include "strategy/options.hpp"

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

void RawRbfKernel::validate() const {
  expect_sigma(sigma);
}

}  // namespace quarry
