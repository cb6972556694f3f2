#pragma once

#include <array>
#include <limits>
#include <optional>
#include <span>

namespace quarry {

/// What a model trained on so many labels is worth.
struct CurvePoint {
  double labels = 0.0;
  double metric = 0.0;  ///< accuracy, say: more is better
};

enum class CurveShape {
  exponential,  ///< a(n) = A − c exp(−k n)
  power,        ///< a(n) = A − c n^−α
};

/// Least and largest value of a parameter, low ≤ high; infinite where there is
/// none.
struct CurveBounds {
  double low = 0.0;
  double high = std::numeric_limits<double>::infinity();
};

struct CurveOptions {
  /// What is fitted.
  CurveShape shape = CurveShape::exponential;
  CurveBounds limit = {0.0, 1.0};  ///< A
  CurveBounds scale = {};          ///< c; at least 0
  CurveBounds rate = {};           ///< k or α; at least 0
  /// The standard deviation of a metric where it is known: √(a (1 − a) / m) of
  /// an accuracy on m test samples; finite, ≥ 0. Without it the residuals tell.
  std::optional<double> noise = {};

  /// Raises `strategy.bad_param`.
  void validate() const;
};

/// What the points say about the curve, and what they do not.
enum class CurveVerdict {
  too_few_points,  ///< fewer than three numbers of labels: no fit
  flat,            ///< no rise: c = 0, and any rate does; the rest is known
  step,            ///< all rise before the second point: the limit is known,
                   ///< c and the rate are not
  straight,        ///< no bend: a line goes through the points, and of A, c and
                   ///< the rate none is known
  at_bound,        ///< a parameter is as far as it may go: the others hold if
                   ///< its bound does
  identified,      ///< all three parameters are known
};

/// A value of the curve that no point tells, and how far to trust it.
struct CurveForecast {
  double metric = 0.0;
  /// Of the curve itself; a metric measured there scatters by the noise, too.
  /// Nothing where there are no more points than parameters, and no `noise`.
  std::optional<double> standard_error = {};
};

/// The least squares fit of a curve to points. What the points do not tell is
/// nothing, never a guess.
class LearningCurve {
 public:
  CurveShape shape() const noexcept { return shape_; }
  CurveVerdict verdict() const noexcept { return verdict_; }
  std::optional<double> limit() const;  ///< A
  std::optional<double> scale() const;  ///< c
  std::optional<double> rate() const;   ///< k or α
  /// Σ (a_i − a(n_i))²; nothing without a fit.
  std::optional<double> sum_of_squares() const;
  /// At so many labels, more than 0; nothing without a fit.
  std::optional<CurveForecast> forecast(double labels) const;

  /// Fits `points`, in any order, also several with the same labels: least
  /// squares within the bounds, to the last digits that they determine.
  ///
  /// Given the rate, A and c are a linear problem in a box, which is solved
  /// exactly; over the rate alone the sum of squares is scanned, from a line
  /// to a step, and its lowest valley searched by golden section. So there is
  /// no start value to give, and no other valley to be caught in. The error of
  /// a forecast is that of the linearised fit, in the parameters that are on
  /// no bound. O(points), some 1,000 times.
  ///
  /// Raises `strategy.bad_param`, and `strategy.bad_report` for a point that is
  /// not finite, or has labels that are not above 0.
  static LearningCurve fit(std::span<const CurvePoint> points,
                           const CurveOptions& options = {});

 private:
  std::array<double, 3> gradient(double distance) const;
  void know_error(std::span<const double> distances,
                  std::optional<double> noise);

  // a(n) = start + rise (1 − exp(−rate d(n))), d = n − first, or ln(n / first):
  // both shapes in one, and as exact for a line as for a step.
  CurveShape shape_ = CurveShape::exponential;
  CurveVerdict verdict_ = CurveVerdict::too_few_points;
  double first_ = 0.0;  // the least number of labels
  double start_ = 0.0;
  double rise_ = 0.0;
  double rate_ = 0.0;
  double squares_ = 0.0;
  // Of start, rise and rate: which are on no bound, and their covariance, row
  // by row, where it is known.
  std::array<bool, 3> free_ = {};
  bool error_known_ = false;
  std::array<double, 9> covariance_ = {};
  double from_ = 0.0;  // what a bound of c adds to d where rate moves
};

/// The mean height of the curve through the points: the trapezoid rule's area
/// under it, divided by the range of labels (AUBC). Expects two points at
/// least, each with more labels than the one before.
double area_under_curve(std::span<const CurvePoint> points);

}  // namespace quarry
