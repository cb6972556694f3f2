#include "strategy/choice/curve_fitter.hpp"

#include <algorithm>
#include <cmath>

namespace quarry::detail {
namespace {

// Below this product of rate and reach a curve is a line, above this one of
// rate and least distance a step, to the digits of a double.
constexpr double line = 1e-7;
constexpr double step = 36.0;

double grown(double rate, double distance) {
  return -std::expm1(-rate * distance);
}

bool inside(double x, const CurveBounds& bounds) {
  return x >= bounds.low && x <= bounds.high;
}

}  // namespace

double curve_distance(CurveShape shape, double first, double n) {
  return shape == CurveShape::power ? std::log(n / first) : n - first;
}

double curve_offset(CurveShape shape, double first) {
  return shape == CurveShape::power ? std::log(first) : first;
}

CurveFitter::CurveFitter(std::span<const CurvePoint> points,
                         const CurveOptions& options)
    : points_(points), options_(options), first_(HUGE_VAL), least_(HUGE_VAL) {
  for (const CurvePoint& point : points) {
    first_ = std::min(first_, point.labels);
  }
  for (const CurvePoint& point : points) {
    const double d = curve_distance(options.shape, first_, point.labels);
    distances_.push_back(d);
    reach_ = std::max(reach_, d);
    if (d > 0.0) least_ = std::min(least_, d);
  }
}

CurveBounds CurveFitter::rises(double rate) const {
  const double part = std::exp(-rate * curve_offset(options_.shape, first_));
  const auto of = [&](double scale) {
    return std::isinf(scale) ? scale : scale * part;
  };
  return {of(options_.scale.low), of(options_.scale.high)};
}

CurveFit CurveFitter::with(double start, double rise, double rate) const {
  CurveFit fit{start, rise, rate};
  for (std::size_t i = 0; i < points_.size(); ++i) {
    const double off =
        points_[i].metric - (start + rise * grown(rate, distances_[i]));
    fit.squares += off * off;
  }
  return fit;
}

CurveFit CurveFitter::at_rate(double rate) const {
  const auto m = static_cast<double>(points_.size());
  double mean_grown = 0.0;
  double mean_metric = 0.0;
  for (std::size_t i = 0; i < points_.size(); ++i) {
    mean_grown += grown(rate, distances_[i]) / m;
    mean_metric += points_[i].metric / m;
  }
  double both = 0.0;
  double squares = 0.0;
  for (std::size_t i = 0; i < points_.size(); ++i) {
    const double off = grown(rate, distances_[i]) - mean_grown;
    both += off * (points_[i].metric - mean_metric);
    squares += off * off;
  }
  const double rise = both / squares;
  const double start = mean_metric - rise * mean_grown;
  if (inside(rise, rises(rate)) && inside(start + rise, options_.limit)) {
    return with(start, rise, rate);
  }
  return on_edges(rate, mean_grown, mean_metric);
}

CurveFit CurveFitter::on_edges(double rate, double mean_grown,
                               double mean_metric) const {
  CurveFit best{.squares = HUGE_VAL};
  const auto take = [&](double limit, double rise) {
    const CurveFit fit = with(limit - rise, rise, rate);
    if (fit.squares < best.squares) best = fit;
  };
  const CurveBounds& limits = options_.limit;
  const CurveBounds between = rises(rate);
  for (const double rise : {between.low, between.high}) {
    if (std::isinf(rise)) continue;
    const double limit = mean_metric + rise * (1.0 - mean_grown);
    take(std::clamp(limit, limits.low, limits.high), rise);
  }
  for (const double limit : {limits.low, limits.high}) {
    if (std::isinf(limit)) continue;
    double gap = 0.0;
    double squares = 0.0;
    for (std::size_t i = 0; i < points_.size(); ++i) {
      const double left = std::exp(-rate * distances_[i]);
      gap += left * (limit - points_[i].metric);
      squares += left * left;
    }
    take(limit, std::clamp(gap / squares, between.low, between.high));
  }
  return best;
}

CurveFit CurveFitter::best() const {
  const double low = std::max(options_.rate.low, line / reach_);
  const double high =
      std::max(low, std::min(options_.rate.high, step / least_));
  // Some ten rates for each e-fold: valleys are wider than that.
  constexpr int strides = 400;
  const double stride = std::log(high / low) / strides;
  const auto at = [&](double place) {
    return at_rate(std::clamp(low * std::exp(stride * place), low, high));
  };
  CurveFit best = at_rate(low);
  double place = 0.0;
  for (int i = 1; i <= strides; ++i) {
    const CurveFit fit = i < strides ? at(i) : at_rate(high);
    if (!(fit.squares < best.squares)) continue;
    best = fit;
    place = i;
  }
  constexpr double golden = 0.6180339887498949;
  double a = std::max(place - 1.0, 0.0);
  double b = std::min(place + 1.0, static_cast<double>(strides));
  for (int i = 0; i < 80; ++i) {
    const CurveFit x = at(b - golden * (b - a));
    const CurveFit y = at(a + golden * (b - a));
    for (const CurveFit& fit : {x, y}) {
      if (fit.squares < best.squares) best = fit;
    }
    (x.squares <= y.squares ? b : a) =
        x.squares <= y.squares ? a + golden * (b - a) : b - golden * (b - a);
  }
  return best;
}

}  // namespace quarry::detail
