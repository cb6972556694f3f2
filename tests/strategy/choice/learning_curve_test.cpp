#include "quarry/strategy/choice/learning_curve.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include <Eigen/Dense>

#include "quarry/core/random.hpp"

#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;

namespace {

using Points = std::vector<CurvePoint>;
constexpr double inf = std::numeric_limits<double>::infinity();

/// The formulas as written.
template <class T>
T value(CurveShape shape, const std::array<T, 3>& a_c_rate, T n) {
  const auto& [a, c, rate] = a_c_rate;
  return shape == CurveShape::power ? a - c * std::pow(n, -rate)
                                    : a - c * std::exp(-rate * n);
}

Points points_of(CurveShape shape, const std::array<double, 3>& curve,
                 const std::vector<double>& labels, double noise = 0.0,
                 std::uint64_t seed = 0) {
  RandomStream random(seed);
  Points points;
  for (const double n : labels) {
    points.push_back({n, value(shape, curve, n) + noise * random.normal()});
  }
  return points;
}

double squares(CurveShape shape, const std::array<double, 3>& curve,
               const Points& points) {
  double sum = 0.0;
  for (const auto& [n, metric] : points) {
    sum += std::pow(metric - value(shape, curve, n), 2);
  }
  return sum;
}

std::vector<double> steps(double from, double step, int count) {
  std::vector<double> labels;
  for (int i = 0; i < count; ++i) labels.push_back(from + step * i);
  return labels;
}

/// The least sum of squares that a blind search of the box finds.
double searched(CurveShape shape, const Points& points,
                const CurveOptions& options, RandomStream& random) {
  const auto clamp = [&](std::array<double, 3> x) {
    x[0] = std::clamp(x[0], options.limit.low, options.limit.high);
    x[1] = std::clamp(x[1], options.scale.low, options.scale.high);
    x[2] = std::clamp(x[2], options.rate.low, options.rate.high);
    return x;
  };
  double best = inf;
  for (int start = 0; start < 40; ++start) {
    std::array<double, 3> x =
        clamp({random.uniform(), random.uniform(0.0, 3.0),
               options.rate.high * std::exp(-8.0 * random.uniform())});
    double here = squares(shape, x, points);
    double reach = 1.0;
    for (int i = 0; i < 1500; ++i) {
      std::array<double, 3> y = x;
      for (double& part : y) part *= std::exp(reach * random.normal());
      y = clamp(y);
      const double there = squares(shape, y, points);
      if (there < here) {
        x = y;
        here = there;
      } else {
        reach = std::max(1e-7, reach * 0.985);
      }
    }
    best = std::min(best, here);
  }
  return best;
}

struct Known {
  CurveShape shape;
  std::array<double, 3> curve;
  std::vector<double> labels;
};

std::vector<Known> known_curves() {
  const auto exponential = CurveShape::exponential;
  const auto power = CurveShape::power;
  return {{exponential, {0.9, 0.5, 0.002}, steps(100, 100, 10)},
          {exponential, {0.9, 0.5, 0.002}, steps(100, 100, 3)},
          {exponential, {0.75, 30.0, 0.006}, steps(1000, 50, 6)},
          {exponential, {0.95, 0.2, 0.1}, {1, 3, 4, 20, 21, 90}},
          {power, {0.87, 1.5, 0.4}, {50, 75, 112, 169, 253, 380, 570}},
          {power, {0.87, 1.5, 0.4}, {50, 100, 400}},
          {power, {0.99, 8.0, 0.9}, steps(20, 10, 12)}};
}

}  // namespace

TEST_CASE("A curve without noise is found again", "[learning_curve]") {
  for (const auto& [shape, curve, labels] : known_curves()) {
    Points points = points_of(shape, curve, labels);
    std::reverse(points.begin() + 1, points.end());  // in any order
    const auto fit = LearningCurve::fit(points, {.shape = shape});
    CAPTURE(curve[0], curve[1], curve[2], labels.size());
    REQUIRE(fit.verdict() == CurveVerdict::identified);
    CHECK(*fit.limit() == Approx(curve[0]).epsilon(1e-6));
    CHECK(*fit.scale() == Approx(curve[1]).epsilon(1e-5));
    CHECK(*fit.rate() == Approx(curve[2]).epsilon(1e-6));
    CHECK(*fit.sum_of_squares() < 1e-20);
    for (const double n : {labels.front() / 2, 2.5 * labels.back()}) {
      const auto forecast = fit.forecast(n);
      REQUIRE(forecast.has_value());
      CHECK(forecast->metric == Approx(value(shape, curve, n)).epsilon(1e-7));
      // Three points are met exactly, whatever the noise.
      CHECK(forecast->standard_error.has_value() == (labels.size() > 3));
    }
  }
}

TEST_CASE("No other curve in the bounds is closer to the points",
          "[learning_curve]") {
  RandomStream random(4);
  int at_bound = 0, identified = 0;
  for (int run = 0; run < 24; ++run) {
    const auto shape =
        run % 2 == 0 ? CurveShape::exponential : CurveShape::power;
    const std::array<double, 3> curve =
        shape == CurveShape::power
            ? std::array{random.uniform(0.6, 1.0), random.uniform(0.5, 3.0),
                         random.uniform(0.1, 1.0)}
            : std::array{random.uniform(0.6, 1.0), random.uniform(0.1, 0.6),
                         random.uniform(0.0005, 0.01)};
    const Points points =
        points_of(shape, curve, steps(50, 60, 5 + run % 5), 0.02, random());
    const CurveOptions options{
        .shape = shape,
        .limit = {0.0, 1.0},
        .scale = {0.0, run % 3 == 0 ? 0.3 : 20.0},
        .rate = {0.0, shape == CurveShape::power ? 5.0 : 1.0}};
    const auto fit = LearningCurve::fit(points, options);
    CAPTURE(run);
    CHECK(*fit.sum_of_squares() <=
          searched(shape, points, options, random) * (1 + 1e-6));
    at_bound += fit.verdict() == CurveVerdict::at_bound;
    identified += fit.verdict() == CurveVerdict::identified;
    if (!fit.rate()) continue;
    // What it says it is, is that good, and in the bounds.
    const std::array<double, 3> found = {*fit.limit(), *fit.scale(),
                                         *fit.rate()};
    CHECK(squares(shape, found, points) ==
          Approx(*fit.sum_of_squares()).epsilon(1e-6));
    CHECK(found[0] <= options.limit.high * (1 + 1e-12));
    CHECK(found[1] <= options.scale.high * (1 + 1e-9));
    CHECK(found[2] <= options.rate.high);
  }
  CHECK(at_bound > 3);
  CHECK(identified > 3);
}

TEST_CASE("The standard error is that of the linearised fit",
          "[learning_curve]") {
  struct Case {
    std::size_t curve;
    CurveBounds limit, scale, rate;
    std::vector<std::size_t> free;  // of A, c and the rate
  };
  const CurveBounds any = {0.0, inf};
  const std::vector<Case> cases = {
      {0, {-5.0, 5.0}, any, any, {0, 1, 2}},
      {2, {-5.0, 5.0}, any, any, {0, 1, 2}},
      {3, {-5.0, 5.0}, any, any, {0, 1, 2}},
      {4, {-5.0, 5.0}, any, any, {0, 1, 2}},
      {6, {-5.0, 5.0}, any, any, {0, 1, 2}},
      {0, {0.0, 0.85}, any, any, {1, 2}},
      {4, {0.0, 0.85}, any, any, {1, 2}},
      {0, {-5.0, 5.0}, {0.0, 0.4}, any, {0, 2}},
      {4, {-5.0, 5.0}, {0.0, 1.2}, any, {0, 2}},
      {0, {-5.0, 5.0}, any, {0.0, 0.001}, {0, 1}},
      {0, {0.0, 0.75}, {0.0, 0.3}, any, {2}},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Case& bounds = cases[i];
    const auto [shape, curve, labels] = known_curves()[bounds.curve];
    const Points points = points_of(shape, curve, labels, 0.001, 1);
    CurveOptions options{.shape = shape,
                         .limit = bounds.limit,
                         .scale = bounds.scale,
                         .rate = bounds.rate};
    const auto fit = LearningCurve::fit(points, options);
    CAPTURE(i);
    const auto count = static_cast<Eigen::Index>(bounds.free.size());
    REQUIRE(fit.verdict() ==
            (count == 3 ? CurveVerdict::identified : CurveVerdict::at_bound));
    // Slopes by differences of the formulas, in long double.
    const std::array<long double, 3> at = {*fit.limit(), *fit.scale(),
                                           *fit.rate()};
    const auto slope = [&, form = shape](double n) {
      Eigen::VectorXd g(count);
      for (Eigen::Index j = 0; j < count; ++j) {
        const std::size_t part = bounds.free[static_cast<std::size_t>(j)];
        const long double h = 1e-6L * at[part];
        auto high = at, low = at;
        high[part] += h;
        low[part] -= h;
        const auto by = static_cast<long double>(n);
        g[j] = static_cast<double>(
            (value(form, high, by) - value(form, low, by)) / (2 * h));
      }
      return g;
    };
    Eigen::MatrixXd information = Eigen::MatrixXd::Zero(count, count);
    for (const auto& point : points) {
      information += slope(point.labels) * slope(point.labels).transpose();
    }
    const double noise = std::sqrt(
        *fit.sum_of_squares() /
        static_cast<double>(static_cast<Eigen::Index>(points.size()) - count));
    options.noise = 0.01;
    const auto told = LearningCurve::fit(points, options);
    for (const double n : {labels.front(), 1.3 * labels.back()}) {
      const Eigen::VectorXd g = slope(n);
      const double want = std::sqrt(g.dot(information.fullPivLu().solve(g)));
      CHECK(*fit.forecast(n)->standard_error ==
            Approx(want * noise).epsilon(1e-3));
      CHECK(*told.forecast(n)->standard_error ==
            Approx(want * 0.01).epsilon(1e-3));
    }
  }
}

TEST_CASE("Forecasts are as good as they say", "[learning_curve]") {
  const std::array<double, 3> curve = {0.85, 0.5, 0.004};
  const int runs = 400;
  int within_one = 0, within_two = 0;
  for (std::uint64_t seed = 0; seed < runs; ++seed) {
    const Points points = points_of(CurveShape::exponential, curve,
                                    steps(100, 60, 12), 0.005, seed);
    const auto forecast = LearningCurve::fit(points).forecast(820);
    const double off = std::abs(forecast->metric -
                                value(CurveShape::exponential, curve, 820.));
    within_one += off <= *forecast->standard_error;
    within_two += off <= 2.0 * *forecast->standard_error;
  }
  // Student's t of 9 degrees of freedom: 65.7 % and 92.3 %.
  CAPTURE(within_one, within_two);
  CHECK(within_one > 0.60 * runs);
  CHECK(within_one < 0.72 * runs);
  CHECK(within_two > 0.89 * runs);
  CHECK(within_two < 0.96 * runs);
}

TEST_CASE("What points do not tell is not told", "[learning_curve]") {
  const auto verdict = [](const Points& points, CurveOptions options = {}) {
    return LearningCurve::fit(points, options).verdict();
  };
  for (const Points& few :
       {Points{}, Points{{10, 0.5}}, Points{{10, 0.5}, {20, 0.6}},
        Points{{10, 0.5}, {20, 0.6}, {20, 0.7}, {10, 0.4}}}) {
    const auto fit = LearningCurve::fit(few);
    CHECK(fit.verdict() == CurveVerdict::too_few_points);
    CHECK_FALSE(fit.forecast(30));
    CHECK_FALSE(fit.limit());
    CHECK_FALSE(fit.sum_of_squares());
  }
  // Nothing rises: any rate does, and the mean is all there is.
  for (const Points& level :
       {Points{{10, 0.3}, {20, 0.3}, {30, 0.3}, {40, 0.3}},
        Points{{10, 0.4}, {20, 0.3}, {30, 0.3}, {40, 0.2}},
        Points{{10, 0.0}, {20, 0.0}, {30, 0.0}},
        Points{{10, 1.0}, {20, 1.0}, {30, 1.0}}}) {
    for (const auto shape : {CurveShape::exponential, CurveShape::power}) {
      const auto fit = LearningCurve::fit(level, {.shape = shape});
      double mean = 0.0, off = 0.0;
      const auto m = static_cast<double>(level.size());
      for (const auto& point : level) mean += point.metric / m;
      for (const auto& point : level) off += std::pow(point.metric - mean, 2);
      CHECK(fit.verdict() == CurveVerdict::flat);
      CHECK_FALSE(fit.rate());
      CHECK(fit.scale() == 0.0);
      CHECK(*fit.limit() == Approx(mean));
      CHECK(fit.forecast(99)->metric == Approx(mean));
      CHECK(*fit.forecast(99)->standard_error ==
            Approx(std::sqrt(off / (m - 1) / m)).margin(1e-12));
    }
  }
  // All happened before the second point: how fast, and from where, is unknown.
  const Points leap = {{10, 0.2}, {20, 0.8}, {30, 0.8}, {40, 0.8}, {50, 0.8}};
  const auto step = LearningCurve::fit(leap);
  CHECK(step.verdict() == CurveVerdict::step);
  CHECK_FALSE(step.rate());
  CHECK_FALSE(step.scale());
  CHECK(*step.limit() == Approx(0.8));
  CHECK(step.forecast(60)->metric == Approx(0.8));
  CHECK(*step.forecast(60)->standard_error < 1e-9);
  // With a bound of c the rate is one, too: as fast as c allows.
  CHECK(verdict(leap, {.scale = {0.0, 2.0}}) == CurveVerdict::at_bound);

  // A line: without a bound of the limit the bend is further than it reaches.
  Points line;
  for (const double n : steps(10, 10, 6)) line.push_back({n, 0.2 + 0.001 * n});
  const auto straight = LearningCurve::fit(line, {.limit = {0.0, inf}});
  CHECK(straight.verdict() == CurveVerdict::straight);
  CHECK_FALSE(straight.limit());
  CHECK_FALSE(straight.rate());
  CHECK(straight.forecast(70)->metric == Approx(0.27).epsilon(1e-5));
  CHECK(*straight.forecast(70)->standard_error < 1e-6);
  // An accuracy is at most 1: what is known then is how long that takes.
  const auto bounded = LearningCurve::fit(line);
  CHECK(bounded.verdict() == CurveVerdict::at_bound);
  CHECK(*bounded.limit() == Approx(1.0));
  CHECK(bounded.forecast(70)->metric == Approx(0.27).epsilon(0.01));
  CHECK(bounded.forecast(70)->metric < 0.27);
}

TEST_CASE("A noisy line has the error of a line", "[learning_curve]") {
  Points points;
  // Bent upwards, so that no curve is closer than the line.
  for (const double n : steps(10, 10, 8)) {
    points.push_back({n, 0.1 + 0.002 * n + 0.0001 * n * n});
  }
  const auto fit = LearningCurve::fit(points, {.limit = {0.0, inf}});
  REQUIRE(fit.verdict() == CurveVerdict::straight);
  Eigen::MatrixX2d x(8, 2);
  Eigen::VectorXd y(8);
  for (int i = 0; i < 8; ++i) {
    x.row(i) << 1.0, points[static_cast<std::size_t>(i)].labels;
    y[i] = points[static_cast<std::size_t>(i)].metric;
  }
  const Eigen::Vector2d line =
      (x.transpose() * x).inverse() * x.transpose() * y;
  const Eigen::Vector2d g(1.0, 90.0);
  const double variance = (y - x * line).squaredNorm() / 6.0;
  CHECK(fit.forecast(90)->metric == Approx(line.dot(g)).epsilon(1e-5));
  CHECK(*fit.forecast(90)->standard_error ==
        Approx(std::sqrt(variance * g.dot((x.transpose() * x).inverse() * g)))
            .epsilon(1e-4));
}

TEST_CASE("Points and bounds that are none are errors", "[learning_curve]") {
  using test::error_id;
  const Points good = {{10, 0.5}, {20, 0.6}, {30, 0.65}};
  const auto with = [&](CurveOptions options) {
    return error_id([&] { (void)LearningCurve::fit(good, options); });
  };
  CHECK(with({}).empty());
  CHECK(with({.limit = {1.0, 0.0}}) == "strategy.bad_param");
  CHECK(with({.limit = {std::nan(""), 1.0}}) == "strategy.bad_param");
  CHECK(with({.scale = {-1.0, 1.0}}) == "strategy.bad_param");
  CHECK(with({.rate = {0.0, std::nan("")}}) == "strategy.bad_param");
  CHECK(with({.rate = {inf, inf}}) == "strategy.bad_param");
  CHECK(with({.noise = -1.0}) == "strategy.bad_param");
  for (const CurvePoint bad :
       {CurvePoint{0, 0.5}, CurvePoint{-1, 0.5}, CurvePoint{inf, 0.5},
        CurvePoint{5, inf}, CurvePoint{5, std::nan("")}}) {
    Points points = good;
    points.push_back(bad);
    CHECK(error_id([&] { (void)LearningCurve::fit(points); }) ==
          "strategy.bad_report");
  }
}

TEST_CASE("The area under a curve is its mean height", "[learning_curve]") {
  CHECK(area_under_curve(Points{{10, 0.5}, {20, 0.7}}) == Approx(0.6));
  CHECK(area_under_curve(Points{{0.5, 0.0}, {1.5, 1.0}, {4.5, 1.0}}) ==
        Approx((0.5 + 3.0) / 4.0));
  CHECK(test::error_id([] {
          area_under_curve(Points{{10, 0.5}});
        }) == "contract.violated");
  CHECK(test::error_id([] {
          area_under_curve(Points{{10, 0.5}, {10, 0.6}});
        }) == "contract.violated");
}
