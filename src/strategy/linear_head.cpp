#include "strategy/linear_head.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "quarry/core/error.hpp"
#include "quarry/strategy/needs.hpp"

namespace quarry::detail {
namespace {

void expect_shape(bool holds, std::string_view name, const ArrayView& array,
                  const std::string& wanted) {
  if (holds && is_float(array.dtype())) return;
  raise("strategy.input_shape", std::string(name) + " is " + array.describe() +
                                    ", but must be f2, f4 or f8 " + wanted);
}

void expect_finite(std::span<const double> values, std::string_view name,
                   std::size_t row) {
  for (const double x : values) {
    if (std::isfinite(x)) continue;
    raise("strategy.bad_row", "row " + std::to_string(row) + " of " +
                                  std::string(name) + " is not finite");
  }
}

}  // namespace

LinearHead::LinearHead(const PoolView& pool) {
  const std::size_t width = pool.input(inputs::embeddings).cols();
  const ArrayView& weight = pool.input(inputs::head_weight);
  expect_shape(
      weight.rank() == 2 && weight.rows() > 0 && weight.cols() == width,
      inputs::head_weight, weight,
      "[C, D], a row a class, for embeddings of " + std::to_string(width) +
          " numbers");
  const std::size_t classes = weight.rows();
  weight_.resize(static_cast<Eigen::Index>(width),
                 static_cast<Eigen::Index>(classes));
  std::vector<double> row(width);
  for (std::size_t c = 0; c < classes; ++c) {
    weight.read_row(c, std::span(row));
    expect_finite(row, inputs::head_weight, c);
    weight_.col(static_cast<Eigen::Index>(c)) =
        Eigen::Map<const Eigen::VectorXd>(row.data(), weight_.rows());
  }
  bias_.assign(classes, 0.0);
  if (!pool.has(inputs::head_bias)) return;
  const ArrayView& bias = pool.input(inputs::head_bias);
  expect_shape(
      bias.rank() == 1 && bias.rows() == classes, inputs::head_bias, bias,
      "[C], a number for each of " + std::to_string(classes) + " classes");
  for (std::size_t c = 0; c < classes; ++c) {
    bias.read_row(c, std::span(&bias_[c], 1));
    expect_finite(std::span(&bias_[c], 1), inputs::head_bias, c);
  }
}

std::size_t LinearHead::bytes(const PoolView& pool) {
  const ArrayView& weight = pool.input(inputs::head_weight);
  return (weight.size() + weight.rows()) * sizeof(double);
}

void LinearHead::logits(std::span<const double> h,
                        std::span<double> out) const {
  std::copy(bias_.begin(), bias_.end(), out.begin());
  add_product(h, out);
}

void LinearHead::product(std::span<const double> h,
                         std::span<double> out) const {
  std::fill(out.begin(), out.end(), 0.0);
  add_product(h, out);
}

void LinearHead::add_product(std::span<const double> h,
                             std::span<double> out) const {
  for (std::size_t d = 0; d < h.size(); ++d) {
    const double* const w = weights_of(d).data();
    for (std::size_t c = 0; c < out.size(); ++c) out[c] += h[d] * w[c];
  }
}

std::size_t favoured(std::span<const double> values) {
  return static_cast<std::size_t>(
      std::max_element(values.begin(), values.end()) - values.begin());
}

}  // namespace quarry::detail
