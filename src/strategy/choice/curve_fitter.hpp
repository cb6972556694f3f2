#pragma once

#include <span>
#include <vector>

#include "quarry/strategy/choice/learning_curve.hpp"

namespace quarry::detail {

/// How far along a curve that begins at `first` n labels are: n − first, or
/// ln(n / first).
double curve_distance(CurveShape shape, double first, double n);
/// How far `first` is from where c is counted: rise = c exp(−rate offset).
double curve_offset(CurveShape shape, double first);

/// a(n) = start + rise (1 − exp(−rate d(n)))
struct CurveFit {
  double start = 0.0;
  double rise = 0.0;
  double rate = 0.0;
  double squares = 0.0;  ///< Σ (a_i − a(n_i))²
};

/// Least squares within bounds. Given the rate, the rest is a linear problem in
/// a box; over the rate alone the sum of squares is searched.
class CurveFitter {
 public:
  CurveFitter(std::span<const CurvePoint> points, const CurveOptions& options);

  /// Expects two numbers of labels.
  CurveFit best() const;
  CurveFit at_rate(double rate) const;

  double first() const { return first_; }  ///< least labels
  const std::vector<double>& distances() const { return distances_; }
  double reach() const { return reach_; }  ///< largest distance
  double least() const { return least_; }  ///< smallest above 0
  /// The bounds of rise that those of c are at a rate.
  CurveBounds rises(double rate) const;

 private:
  CurveFit with(double start, double rise, double rate) const;
  CurveFit on_edges(double rate, double mean_grown, double mean_metric) const;

  std::span<const CurvePoint> points_;
  const CurveOptions& options_;
  double first_;
  double reach_ = 0.0;
  double least_;
  std::vector<double> distances_;
};

}  // namespace quarry::detail
