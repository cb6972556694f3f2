#include "strategy/lbfgs.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <utility>

namespace quarry::detail {
namespace {

using Vector = std::vector<double>;

double inner(const Vector& a, const Vector& b) {
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

/// The inverse of the Hessian, as the last steps tell of it.
class InverseHessian {
 public:
  explicit InverseHessian(std::size_t memory) : memory_(memory) {}

  void remember(Vector step, Vector change) {
    const double product = inner(step, change);
    if (!(product > 0.0)) return;  // rounding: there is curvature everywhere
    pairs_.push_back({std::move(step), std::move(change), 1.0 / product});
    if (pairs_.size() > memory_) pairs_.pop_front();
  }

  Vector times(Vector x) const {
    std::vector<double> alpha(pairs_.size());
    for (std::size_t i = pairs_.size(); i-- > 0;) {
      alpha[i] = pairs_[i].rho * inner(pairs_[i].step, x);
      add(x, -alpha[i], pairs_[i].change);
    }
    if (!pairs_.empty()) {
      const Pair& last = pairs_.back();
      const double scale = 1.0 / (last.rho * inner(last.change, last.change));
      for (double& value : x) value *= scale;
    }
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      const double beta = pairs_[i].rho * inner(pairs_[i].change, x);
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
  std::size_t memory_;
  std::deque<Pair> pairs_;
};

}  // namespace

std::vector<double> minimise(
    const std::function<double(const std::vector<double>& x,
                               std::vector<double>& gradient)>& value,
    std::vector<double> start, const LbfgsOptions& options,
    const std::function<Flow()>& go_on) {
  const std::size_t size = start.size();
  Vector x = std::move(start);
  Vector gradient(size);
  double here = value(x, gradient);
  InverseHessian inverse(options.memory);
  for (std::size_t t = 0; t < options.max_iterations; ++t) {
    if (largest(gradient) <= options.tolerance) break;
    if (go_on() == Flow::stop) break;
    const Vector direction = inverse.times(gradient);
    const double slope = inner(direction, gradient);
    if (!(slope > 0.0)) break;
    double step = t == 0 ? 1.0 / std::max(1.0, largest(gradient)) : 1.0;
    Vector next(size), steeper(size);
    double lower = here;
    // Where the value no longer tells of progress, it may stay as it is.
    const double slack = 1e-15 * std::abs(here);
    constexpr int halvings = 40;
    int halved = 0;
    for (; halved < halvings; ++halved, step /= 2) {
      for (std::size_t k = 0; k < size; ++k) {
        next[k] = x[k] - step * direction[k];
      }
      lower = value(next, steeper);
      if (lower <= here - 1e-4 * step * slope + slack) break;
    }
    if (halved == halvings) break;
    Vector moved(size), change(size);
    for (std::size_t k = 0; k < size; ++k) {
      moved[k] = next[k] - x[k];
      change[k] = steeper[k] - gradient[k];
    }
    inverse.remember(std::move(moved), std::move(change));
    x = std::move(next);
    gradient = std::move(steeper);
    here = lower;
  }
  return x;
}

std::size_t lbfgs_bytes(std::size_t size, const LbfgsOptions& options) {
  return size * (2 * options.memory + 8) * sizeof(double);
}

}  // namespace quarry::detail
