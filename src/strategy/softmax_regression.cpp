#include "strategy/softmax_regression.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "strategy/lbfgs.hpp"

namespace quarry::detail {
namespace {

using Vector = std::vector<double>;

void logits_of(std::span<const double> theta, std::span<const double> x,
               std::span<double> out) {
  const double* row = theta.data();
  const double* const bias = row + x.size() * out.size();
  std::copy(bias, bias + out.size(), out.begin());
  for (const double value : x) {
    for (std::size_t c = 0; c < out.size(); ++c) out[c] += value * row[c];
    row += out.size();
  }
}

/// The value of the objective, and its gradient.
class Objective {
 public:
  Objective(const StandardRows& rows, std::span<const Example> examples,
            std::size_t classes, double lambda)
      : rows_(rows),
        examples_(examples),
        lambda_(lambda),
        x_(rows.width()),
        p_(classes) {}

  double operator()(const Vector& theta, Vector& gradient) {
    double value = 0.0;
    for (std::size_t k = 0; k < theta.size(); ++k) {
      value += lambda_ / 2 * theta[k] * theta[k];
      gradient[k] = lambda_ * theta[k];
    }
    for (const Example& example : examples_) {
      value += add_example(theta, example, gradient);
    }
    return value;
  }

 private:
  /// Adds its gradient; its loss.
  double add_example(const Vector& theta, const Example& example,
                     Vector& gradient) {
    rows_.read(example.row, x_);
    logits_of(theta, x_, p_);
    const double logit = p_[example.label];
    const double loss = softmax(p_) - logit;
    p_[example.label] -= 1.0;
    double* row = gradient.data();
    for (const double x : x_) {
      for (std::size_t c = 0; c < p_.size(); ++c) row[c] += x * p_[c];
      row += p_.size();
    }
    for (std::size_t c = 0; c < p_.size(); ++c) row[c] += p_[c];
    return loss;
  }

  const StandardRows& rows_;
  std::span<const Example> examples_;
  double lambda_;
  Vector x_;
  Vector p_;
};

}  // namespace

void SoftmaxModel::logits(std::span<const double> x,
                          std::span<double> out) const {
  logits_of(theta, x, out);
}

double softmax(std::span<double> logits) {
  const double most = *std::max_element(logits.begin(), logits.end());
  double sum = 0.0;
  for (double& x : logits) sum += x = std::exp(x - most);
  for (double& x : logits) x /= sum;
  return most + std::log(sum);
}

SoftmaxModel fit_softmax(const StandardRows& rows,
                         std::span<const Example> examples, SoftmaxModel start,
                         double lambda, const std::function<Flow()>& go_on) {
  Objective objective(rows, examples, start.classes, lambda);
  start.theta =
      minimise(std::ref(objective), std::move(start.theta), {}, go_on);
  return start;
}

std::size_t softmax_bytes(std::size_t width, std::size_t classes) {
  const std::size_t size = (width + 1) * classes;
  return lbfgs_bytes(size, {}) + (width + classes) * sizeof(double);
}

}  // namespace quarry::detail
