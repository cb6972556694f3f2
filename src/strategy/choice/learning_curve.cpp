#include "quarry/strategy/choice/learning_curve.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include <Eigen/Core>
#include <Eigen/QR>

#include "quarry/core/error.hpp"
#include "quarry/strategy/detail/options.hpp"

#include "strategy/choice/curve_fitter.hpp"

namespace quarry {
namespace {

// What lies so near to the rate of a line, or of a step, cannot be told from
// it; and so little from a bound, or from no rise at all.
constexpr double nearly_line = 1e-5;
constexpr double nearly_step = 30.0;
constexpr double negligible = 1e-10;

void expect_bounds(const CurveBounds& bounds, const std::string& name,
                   bool negative) {
  const double least = negative ? -HUGE_VAL : 0.0;
  detail::expect_option(bounds.low >= least && bounds.low < HUGE_VAL,
                        name + ".low", bounds.low,
                        negative ? "a number" : "finite and at least 0");
  detail::expect_option(bounds.high >= bounds.low, name + ".high", bounds.high,
                        "at least " + name + ".low");
}

void expect_points(std::span<const CurvePoint> points) {
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto& [labels, metric] = points[i];
    if (std::isfinite(labels) && labels > 0.0 && std::isfinite(metric)) {
      continue;
    }
    raise("strategy.bad_report",
          "point " + std::to_string(i) + " of a learning curve has " +
              std::to_string(labels) + " labels and the metric " +
              std::to_string(metric) +
              ": both must be finite, and labels above 0");
  }
}

bool is_at(double x, double bound) {
  if (std::isinf(bound)) return false;
  return std::abs(x - bound) <= negligible * std::max(1.0, std::abs(bound));
}

bool is_at(double x, const CurveBounds& bounds) {
  return is_at(x, bounds.low) || is_at(x, bounds.high);
}

/// What the fit is one of where a curve ends to be one.
std::optional<CurveVerdict> ends_of(const detail::CurveFit& fit,
                                    const detail::CurveFitter& fitter,
                                    std::span<const CurvePoint> points) {
  double largest = 0.0;
  for (const CurvePoint& point : points) {
    largest = std::max(largest, std::abs(point.metric));
  }
  const double risen = -fit.rise * std::expm1(-fit.rate * fitter.reach());
  if (std::abs(risen) <= negligible * largest) return CurveVerdict::flat;
  if (fit.rate * fitter.least() >= nearly_step) return CurveVerdict::step;
  if (fit.rate * fitter.reach() <= nearly_line) return CurveVerdict::straight;
  return std::nullopt;
}

}  // namespace

void CurveOptions::validate() const {
  expect_bounds(limit, "limit", true);
  expect_bounds(scale, "scale", false);
  expect_bounds(rate, "rate", false);
  if (noise) {
    detail::expect_option(std::isfinite(*noise) && *noise >= 0.0, "noise",
                          *noise, "finite and at least 0");
  }
}

LearningCurve LearningCurve::fit(std::span<const CurvePoint> points,
                                 const CurveOptions& options) {
  options.validate();
  expect_points(points);
  LearningCurve curve;
  curve.shape_ = options.shape;
  std::set<double> labels;
  for (const CurvePoint& point : points) labels.insert(point.labels);
  if (labels.size() < 3) return curve;

  const detail::CurveFitter fitter(points, options);
  const detail::CurveFit best = fitter.best();
  curve.first_ = fitter.first();
  curve.start_ = best.start;
  curve.rise_ = best.rise;
  curve.rate_ = best.rate;
  curve.squares_ = best.squares;

  const bool limit_at = is_at(best.start + best.rise, options.limit);
  const CurveBounds rises = fitter.rises(best.rate);
  const bool rise_at = best.rise == rises.low || best.rise == rises.high;
  const bool rate_at =
      best.rate <= options.rate.low || best.rate >= options.rate.high;
  const bool any_at = limit_at || rise_at || rate_at;
  curve.verdict_ =
      ends_of(best, fitter, points)
          .value_or(any_at ? CurveVerdict::at_bound : CurveVerdict::identified);
  const bool flat = curve.verdict_ == CurveVerdict::flat;
  const bool bent = curve.verdict_ == CurveVerdict::at_bound ||
                    curve.verdict_ == CurveVerdict::identified;
  curve.free_ = {flat || !limit_at, !flat && !rise_at, bent && !rate_at};
  if (rise_at) {
    curve.from_ = detail::curve_offset(options.shape, fitter.first());
  }
  curve.know_error(fitter.distances(), options.noise);
  return curve;
}

void LearningCurve::know_error(std::span<const double> distances,
                               std::optional<double> noise) {
  const auto rows = static_cast<Eigen::Index>(distances.size());
  const auto columns = std::count(free_.begin(), free_.end(), true);
  if (!noise && rows <= columns) return;
  const double variance =
      noise ? *noise * *noise : squares_ / static_cast<double>(rows - columns);
  Eigen::MatrixX3d slopes(rows, 3);
  for (Eigen::Index i = 0; i < rows; ++i) {
    const auto slope = gradient(distances[static_cast<std::size_t>(i)]);
    slopes.row(i) = Eigen::Map<const Eigen::RowVector3d>(slope.data());
  }
  // Columns of length 1: parameters have different units.
  const Eigen::RowVector3d norms = slopes.colwise().norm();
  const Eigen::Vector3d units =
      (norms.array() > 0.0).select(norms.cwiseInverse(), 1.0).transpose();
  slopes *= units.asDiagonal();
  const Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixX3d> solver(slopes);
  if (solver.rank() < columns) return;
  const Eigen::Matrix3Xd root = units.asDiagonal() * solver.pseudoInverse();
  Eigen::Map<Eigen::Matrix3d>(covariance_.data()) =
      variance * root * root.transpose();
  error_known_ = true;
}

std::array<double, 3> LearningCurve::gradient(double distance) const {
  const double left = std::exp(-rate_ * distance);
  const double grown = -std::expm1(-rate_ * distance);
  return {free_[0] ? 1.0 : 0.0, free_[1] ? (free_[0] ? grown : -left) : 0.0,
          free_[2] ? rise_ * (distance + from_) * left : 0.0};
}

std::optional<double> LearningCurve::limit() const {
  if (verdict_ == CurveVerdict::too_few_points ||
      verdict_ == CurveVerdict::straight) {
    return std::nullopt;
  }
  return start_ + rise_;
}

std::optional<double> LearningCurve::scale() const {
  if (verdict_ == CurveVerdict::flat) return 0.0;
  if (!rate()) return std::nullopt;
  return rise_ * std::exp(rate_ * detail::curve_offset(shape_, first_));
}

std::optional<double> LearningCurve::rate() const {
  if (verdict_ != CurveVerdict::at_bound &&
      verdict_ != CurveVerdict::identified) {
    return std::nullopt;
  }
  return rate_;
}

std::optional<double> LearningCurve::sum_of_squares() const {
  if (verdict_ == CurveVerdict::too_few_points) return std::nullopt;
  return squares_;
}

std::optional<CurveForecast> LearningCurve::forecast(double labels) const {
  QUARRY_EXPECTS(labels > 0.0, "LearningCurve::forecast: labels above 0");
  if (verdict_ == CurveVerdict::too_few_points) return std::nullopt;
  const double d = detail::curve_distance(shape_, first_, labels);
  CurveForecast forecast{start_ - rise_ * std::expm1(-rate_ * d)};
  if (!error_known_) return forecast;
  const auto slope = gradient(d);
  const Eigen::Map<const Eigen::Vector3d> g(slope.data());
  const Eigen::Map<const Eigen::Matrix3d> covariance(covariance_.data());
  forecast.standard_error = std::sqrt(std::max(0.0, g.dot(covariance * g)));
  return forecast;
}

double area_under_curve(std::span<const CurvePoint> points) {
  QUARRY_EXPECTS(points.size() >= 2, "area_under_curve: two points");
  expect_points(points);
  double area = 0.0;
  for (std::size_t i = 1; i < points.size(); ++i) {
    const double width = points[i].labels - points[i - 1].labels;
    QUARRY_EXPECTS(width > 0.0, "area_under_curve: more labels each time");
    area += width * (points[i].metric + points[i - 1].metric) / 2.0;
  }
  return area / (points.back().labels - points.front().labels);
}

}  // namespace quarry
