#include "strategy/softmax_regression.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <utility>

#include "quarry/strategy/detail/parallel.hpp"

namespace quarry::detail {
namespace {

using Vector = std::vector<double>;

// How many steps L-BFGS remembers, and into how many sums gradients are cut.
constexpr std::size_t memory = 8;
constexpr std::size_t most_blocks = 64;

double dot(const Vector& a, const Vector& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

void add(Vector& to, double factor, const Vector& x) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += factor * x[i];
}

double largest(const Vector& x) {
  double most = 0.0;
  for (const double value : x) most = std::max(most, std::abs(value));
  return most;
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

  double operator()(const SoftmaxModel& model, Vector& gradient) {
    const std::size_t size = gradient.size();
    parallel_blocks(examples_.size(), block_, threads_,
                    [&](std::size_t first, std::size_t last) {
                      Part& part = parts_[first / block_];
                      part.loss = 0.0;
                      part.gradient.assign(size, 0.0);
                      for (std::size_t i = first; i < last; ++i) {
                        add_example(model, examples_[i], part);
                      }
                    });
    const double* const theta = model.theta.data();
    double value = 0.0;
    for (std::size_t k = 0; k < size; ++k) {
      value += lambda_ / 2 * theta[k] * theta[k];
      gradient[k] = lambda_ * theta[k];
    }
    for (const Part& part : parts_) {
      value += part.loss;
      add(gradient, 1.0, part.gradient);
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

  void add_example(const SoftmaxModel& model, const Example& example,
                   Part& part) const {
    part.x.resize(rows_.width());
    part.p.resize(classes_);
    rows_.read(example.row, part.x);
    model.logits(part.x, part.p);
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

/// The inverse of the Hessian, as the last steps tell of it.
class InverseHessian {
 public:
  void remember(Vector step, Vector change) {
    const double product = dot(step, change);
    if (!(product > 0.0)) return;  // rounding: there is curvature everywhere
    pairs_.push_back({std::move(step), std::move(change), 1.0 / product});
    if (pairs_.size() > memory) pairs_.pop_front();
  }

  Vector times(Vector x) const {
    std::vector<double> alpha(pairs_.size());
    for (std::size_t i = pairs_.size(); i-- > 0;) {
      alpha[i] = pairs_[i].rho * dot(pairs_[i].step, x);
      add(x, -alpha[i], pairs_[i].change);
    }
    if (!pairs_.empty()) {
      const Pair& last = pairs_.back();
      const double scale = 1.0 / (last.rho * dot(last.change, last.change));
      for (double& value : x) value *= scale;
    }
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      const double beta = pairs_[i].rho * dot(pairs_[i].change, x);
      add(x, alpha[i] - beta, pairs_[i].step);
    }
    return x;
  }

 private:
  struct Pair {
    Vector step;
    Vector change;  // of the gradient
    double rho;
  };
  std::deque<Pair> pairs_;
};

}  // namespace

StandardRows::StandardRows(const kernels::RowSet& rows)
    : rows_(rows.less(kernels::mean_of(rows))) {
  const double variance = kernels::mean_variance(rows);
  if (variance > 0.0) scale_ = 1.0 / std::sqrt(variance);
}

void StandardRows::read(std::size_t i, std::span<double> out) const {
  rows_.read(i, out);
  for (double& x : out) x *= scale_;
}

SoftmaxModel::SoftmaxModel(std::size_t width, std::size_t classes)
    : theta(RowMatrix<double>::Zero(static_cast<Eigen::Index>(width + 1),
                                    static_cast<Eigen::Index>(classes))) {}

void SoftmaxModel::logits(std::span<const double> x,
                          std::span<double> out) const {
  const double* row = theta.data();
  const double* const bias = row + x.size() * out.size();
  std::copy(bias, bias + out.size(), out.begin());
  for (const double value : x) {
    for (std::size_t c = 0; c < out.size(); ++c) out[c] += value * row[c];
    row += out.size();
  }
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
  Objective objective(rows, examples, start.classes(), options.lambda, threads);
  const auto size = static_cast<std::size_t>(start.theta.size());
  SoftmaxModel model = std::move(start);
  Vector gradient(size);
  double value = objective(model, gradient);
  InverseHessian inverse;
  for (std::size_t t = 0; t < options.max_iterations; ++t) {
    if (largest(gradient) <= options.tolerance) break;
    if (go_on() == Flow::stop) break;
    const Vector direction = inverse.times(gradient);
    const double slope = dot(direction, gradient);
    if (!(slope > 0.0)) break;
    double step = t == 0 ? 1.0 / std::max(1.0, largest(gradient)) : 1.0;
    SoftmaxModel next = model;
    Vector steeper(size);
    double lower = value;
    // Where the value no longer tells of progress, it may stay as it is.
    const double slack = 1e-15 * std::abs(value);
    constexpr int halvings = 40;
    int halved = 0;
    for (; halved < halvings; ++halved, step /= 2) {
      for (std::size_t k = 0; k < size; ++k) {
        next.theta.data()[k] = model.theta.data()[k] - step * direction[k];
      }
      lower = objective(next, steeper);
      if (lower <= value - 1e-4 * step * slope + slack) break;
    }
    if (halved == halvings) break;
    Vector moved(size), change(size);
    for (std::size_t k = 0; k < size; ++k) {
      moved[k] = next.theta.data()[k] - model.theta.data()[k];
      change[k] = steeper[k] - gradient[k];
    }
    inverse.remember(std::move(moved), std::move(change));
    model = std::move(next);
    gradient = std::move(steeper);
    value = lower;
  }
  return model;
}

std::size_t softmax_bytes(std::size_t width, std::size_t classes) {
  return (width + 1) * classes * (2 * memory + most_blocks + 6) *
         sizeof(double);
}

}  // namespace quarry::detail
