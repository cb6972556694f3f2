#pragma once

#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <numeric>
#include <vector>

#include "quarry/core/random.hpp"
#include "quarry/strategy/adversarial/attack.hpp"

#include "../pools.hpp"

namespace quarry::test {

/// z = V g(U x) + b with g = tanh, or g(h) = h: a network small enough to be
/// written out, in double.
struct Net {
  std::size_t inputs = 0;
  std::size_t hidden = 0;
  std::size_t classes = 0;
  bool curved = true;
  std::vector<double> u = {};  // [hidden][inputs]
  std::vector<double> v = {};  // [classes][hidden]
  std::vector<double> b = {};  // [classes]

  static Net random(std::size_t inputs, std::size_t hidden, std::size_t classes,
                    bool curved, RandomStream& random) {
    return {inputs,
            hidden,
            classes,
            curved,
            random_numbers(hidden * inputs, random),
            random_numbers(classes * hidden, random),
            random_numbers(classes, random)};
  }

  std::vector<double> features(const std::vector<double>& x) const {
    std::vector<double> h(hidden, 0.0);
    for (std::size_t k = 0; k < hidden; ++k) {
      for (std::size_t i = 0; i < inputs; ++i) h[k] += u[k * inputs + i] * x[i];
      if (curved) h[k] = std::tanh(h[k]);
    }
    return h;
  }
  std::vector<double> logits(const std::vector<double>& x) const {
    const std::vector<double> h = features(x);
    std::vector<double> z = b;
    for (std::size_t c = 0; c < classes; ++c)
      for (std::size_t k = 0; k < hidden; ++k) z[c] += v[c * hidden + k] * h[k];
    return z;
  }
  /// The gradient of one logit by the input.
  std::vector<double> slope(const std::vector<double>& x, std::size_t c) const {
    const std::vector<double> h = features(x);
    std::vector<double> g(inputs, 0.0);
    for (std::size_t k = 0; k < hidden; ++k) {
      const double bend = curved ? 1.0 - h[k] * h[k] : 1.0;
      for (std::size_t i = 0; i < inputs; ++i)
        g[i] += v[c * hidden + k] * bend * u[k * inputs + i];
    }
    return g;
  }

  /// As an attack sees it. Counts the batches for which a gradient was wanted.
  AttackedModel attacked(std::shared_ptr<std::size_t> gradients = {}) const {
    return {classes,
            [net = *this, gradients](const Matrix& x, const Matrix& cotangent) {
              InputGradient out{Matrix(x.rows(), net.classes),
                                Matrix::Zero(x.rows(), x.cols())};
              if (gradients && !cotangent.isZero(0)) ++*gradients;
              for (Eigen::Index r = 0; r < x.rows(); ++r) {
                const std::vector<double> row(x.row(r).begin(), x.row(r).end());
                const std::vector<double> z = net.logits(row);
                for (std::size_t c = 0; c < net.classes; ++c) {
                  const auto column = static_cast<Eigen::Index>(c);
                  out.logits(r, column) = static_cast<float>(z[c]);
                  if (cotangent(r, column) == 0.0F) continue;
                  const std::vector<double> g = net.slope(row, c);
                  for (std::size_t i = 0; i < net.inputs; ++i) {
                    out.gradient(r, static_cast<Eigen::Index>(i)) +=
                        cotangent(r, column) * static_cast<float>(g[i]);
                  }
                }
              }
              return out;
            }};
  }
};

inline std::size_t largest(const std::vector<double>& z) {
  return static_cast<std::size_t>(std::max_element(z.begin(), z.end()) -
                                  z.begin());
}

inline double norm(const std::vector<double>& x) {
  return std::sqrt(std::inner_product(x.begin(), x.end(), x.begin(), 0.0));
}

inline Matrix random_inputs(std::size_t rows, std::size_t columns,
                            RandomStream& random) {
  Matrix x(rows, columns);
  for (Eigen::Index i = 0; i < x.size(); ++i)
    x.data()[i] = static_cast<float>(random.normal());
  return x;
}

inline std::vector<double> row_of(const Matrix& x, std::size_t r) {
  const auto row = x.row(static_cast<Eigen::Index>(r));
  return {row.begin(), row.end()};
}

/// What an attack says of those rows; −1 of the others.
inline std::vector<float> attack(const Attack& how, const AttackedModel& model,
                                 const Matrix& inputs,
                                 const std::vector<std::size_t>& rows) {
  std::vector<float> lengths(static_cast<std::size_t>(inputs.rows()), -1.0F);
  how.run(model, inputs, rows, how, lengths);
  return lengths;
}

inline std::vector<std::size_t> all_rows(const Matrix& inputs) {
  std::vector<std::size_t> rows(static_cast<std::size_t>(inputs.rows()));
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  return rows;
}

inline std::vector<float> attack(const Attack& how, const AttackedModel& model,
                                 const Matrix& inputs) {
  return attack(how, model, inputs, all_rows(inputs));
}

inline constexpr float never = std::numeric_limits<float>::infinity();

}  // namespace quarry::test
