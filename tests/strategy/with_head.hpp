#pragma once

#include <cstddef>
#include <vector>

#include "pools.hpp"

namespace quarry::test {

/// Embeddings `[rows, width]` and a linear classifier on them.
struct WithHead {
  std::size_t rows, width, classes;
  std::vector<double> h, weight, bias;

  WithHead(std::size_t n, std::size_t d, std::size_t c, RandomStream& random)
      : rows(n),
        width(d),
        classes(c),
        h(random_numbers(n * d, random)),
        weight(random_numbers(c * d, random)),
        bias(random_numbers(c, random)) {}

  std::vector<NamedArray> inputs() const {
    return {{inputs::embeddings, ArrayView(h.data(), {rows, width})},
            {inputs::head_weight, ArrayView(weight.data(), {classes, width})},
            {inputs::head_bias, ArrayView(bias.data(), {classes})}};
  }
  std::vector<double> row(std::size_t i) const {
    return {h.begin() + static_cast<long>(i * width),
            h.begin() + static_cast<long>((i + 1) * width)};
  }
  std::vector<double> logits(const std::vector<double>& x) const {
    std::vector<double> f = bias;
    for (std::size_t c = 0; c < classes; ++c) {
      for (std::size_t d = 0; d < width; ++d) {
        f[c] += weight[c * width + d] * x[d];
      }
    }
    return f;
  }
  std::size_t favoured(const std::vector<double>& x) const {
    const std::vector<double> f = logits(x);
    std::size_t best = 0;
    for (std::size_t c = 1; c < classes; ++c) {
      if (f[c] > f[best]) best = c;
    }
    return best;
  }
};

}  // namespace quarry::test
