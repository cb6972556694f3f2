#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include "embedded.hpp"

namespace quarry::test {

/// Rows less their mean, over the root of the mean variance of the columns.
inline std::vector<std::vector<double>> standardised(const Embedded& data) {
  std::vector<std::vector<double>> x(data.rows);
  std::vector<double> mean(data.width, 0.0);
  for (std::size_t i = 0; i < data.rows; ++i) {
    for (std::size_t d = 0; d < data.width; ++d) {
      x[i].push_back(data.values[i * data.width + d]);
      mean[d] += x[i][d] / static_cast<double>(data.rows);
    }
  }
  double variance = 0.0;
  for (auto& row : x) {
    for (std::size_t d = 0; d < data.width; ++d) {
      row[d] -= mean[d];
      variance += row[d] * row[d];
    }
  }
  variance /= static_cast<double>(data.rows * data.width);
  for (auto& row : x) {
    for (double& value : row) value /= std::sqrt(variance);
  }
  return x;
}

/// Softmax regression with a penalty on all of θ, by Newton's method with the
/// whole Hessian.
struct Newton {
  std::vector<std::vector<double>> x;
  std::size_t classes = 2;
  double lambda = 1.0;

  struct Example {
    std::size_t row, label;
    double weight;
  };
  std::vector<Example> examples = {};
  Eigen::VectorXd theta = {};  // [C (D + 1)], class by class

  void add(std::size_t row, std::size_t label, double weight = 1.0) {
    examples.push_back({row, label, weight});
  }

  Eigen::VectorXd features(std::size_t row) const {
    Eigen::VectorXd f(static_cast<Eigen::Index>(x[row].size() + 1));
    for (std::size_t d = 0; d < x[row].size(); ++d) {
      f[static_cast<Eigen::Index>(d)] = x[row][d];
    }
    f[f.size() - 1] = 1.0;
    return f;
  }

  std::vector<double> p(std::size_t row) const {
    const Eigen::VectorXd f = features(row);
    std::vector<double> p;
    double sum = 0.0;
    for (std::size_t c = 0; c < classes; ++c) {
      const auto at = static_cast<Eigen::Index>(c) * f.size();
      p.push_back(std::exp(theta.segment(at, f.size()).dot(f)));
      sum += p.back();
    }
    for (double& value : p) value /= sum;
    return p;
  }

  void run() {
    const auto width = static_cast<Eigen::Index>(x[0].size() + 1);
    const auto size = width * static_cast<Eigen::Index>(classes);
    theta = Eigen::VectorXd::Zero(size);
    for (int t = 0; t < 100; ++t) {
      Eigen::VectorXd gradient = lambda * theta;
      Eigen::MatrixXd hessian = lambda * Eigen::MatrixXd::Identity(size, size);
      for (const Example& example : examples) {
        const Eigen::VectorXd f = features(example.row);
        const std::vector<double> q = p(example.row);
        for (std::size_t a = 0; a < classes; ++a) {
          const auto i = static_cast<Eigen::Index>(a) * width;
          const double residual = q[a] - (a == example.label ? 1.0 : 0.0);
          gradient.segment(i, width) += example.weight * residual * f;
          for (std::size_t b = 0; b < classes; ++b) {
            const auto j = static_cast<Eigen::Index>(b) * width;
            const double h = q[a] * ((a == b ? 1.0 : 0.0) - q[b]);
            hessian.block(i, j, width, width) +=
                example.weight * h * f * f.transpose();
          }
        }
      }
      // Half steps at first, so that it cannot overshoot for ever.
      theta -= (t < 8 ? 0.5 : 1.0) * hessian.ldlt().solve(gradient);
    }
  }
};

}  // namespace quarry::test
