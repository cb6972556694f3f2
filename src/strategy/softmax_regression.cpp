#include "strategy/softmax_regression.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "quarry/strategy/detail/parallel.hpp"

namespace quarry::detail {
namespace {

using Vector = std::vector<double>;

// Into how many sums gradients are cut.
constexpr std::size_t most_blocks = 64;

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
            std::size_t classes, double lambda, std::size_t threads)
      : rows_(rows),
        examples_(examples),
        classes_(classes),
        lambda_(lambda),
        threads_(threads),
        block_(std::max<std::size_t>(
            256, (examples.size() + most_blocks - 1) / most_blocks)),
        parts_((examples.size() + block_ - 1) / block_) {}

  double operator()(const Vector& theta, Vector& gradient) {
    const std::size_t size = gradient.size();
    parallel_blocks(examples_.size(), block_, threads_,
                    [&](std::size_t first, std::size_t last) {
                      Part& part = parts_[first / block_];
                      part.loss = 0.0;
                      part.gradient.assign(size, 0.0);
                      for (std::size_t i = first; i < last; ++i) {
                        add_example(theta, examples_[i], part);
                      }
                    });
    double value = 0.0;
    for (std::size_t k = 0; k < size; ++k) {
      value += lambda_ / 2 * theta[k] * theta[k];
      gradient[k] = lambda_ * theta[k];
    }
    for (const Part& part : parts_) {
      value += part.loss;
      for (std::size_t k = 0; k < size; ++k) gradient[k] += part.gradient[k];
    }
    return value;
  }

 private:
  struct Part {
    double loss = 0.0;
    Vector gradient = {};
    Vector x = {};
    Vector p = {};
  };

  void add_example(const Vector& theta, const Example& example,
                   Part& part) const {
    part.x.resize(rows_.width());
    part.p.resize(classes_);
    rows_.read(example.row, part.x);
    logits_of(theta, part.x, part.p);
    const double logit = part.p[example.label];
    part.loss += example.weight * (softmax(part.p) - logit);
    part.p[example.label] -= 1.0;
    for (double& residual : part.p) residual *= example.weight;
    double* row = part.gradient.data();
    for (const double x : part.x) {
      for (std::size_t c = 0; c < classes_; ++c) row[c] += x * part.p[c];
      row += classes_;
    }
    for (std::size_t c = 0; c < classes_; ++c) row[c] += part.p[c];
  }

  const StandardRows& rows_;
  std::span<const Example> examples_;
  std::size_t classes_;
  double lambda_;
  std::size_t threads_;
  std::size_t block_;
  std::vector<Part> parts_;
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
                         const SoftmaxOptions& options, std::size_t threads,
                         const std::function<Flow()>& go_on) {
  Objective objective(rows, examples, start.classes, options.lambda, threads);
  start.theta = minimise(std::ref(objective), std::move(start.theta),
                         options.search, go_on);
  return start;
}

std::size_t softmax_bytes(std::size_t width, std::size_t classes) {
  const std::size_t size = (width + 1) * classes;
  return lbfgs_bytes(size, {}) + size * most_blocks * sizeof(double);
}

}  // namespace quarry::detail
