#include "quarry/strategy/hybrid/alfa_mix.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <stop_token>
#include <vector>

#include "quarry/strategy/registry.hpp"

#include "../lloyd.hpp"
#include "../with_head.hpp"
#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;

namespace {

struct Case {
  test::WithHead data;
  std::vector<std::size_t> labelled;
  std::vector<std::int64_t> labels;

  PoolView pool(const std::vector<double>& start = {}) const {
    std::vector<NamedArray> inputs = data.inputs();
    if (!start.empty()) {
      inputs.push_back(
          {inputs::init_centroids,
           ArrayView(start.data(), {start.size() / data.width, data.width})});
    }
    return test::pool_of(data.rows, std::move(inputs), labelled, 0, labels);
  }

  std::vector<std::vector<double>> anchors() const {
    std::vector<std::vector<double>> means;
    for (std::int64_t y = 0; y < static_cast<std::int64_t>(data.classes); ++y) {
      std::vector<double> mean(data.width, 0.0);
      double rows = 0.0;
      for (std::size_t i = 0; i < labelled.size(); ++i) {
        if (labels[i] != y) continue;
        const std::vector<double> h = data.row(labelled[i]);
        for (std::size_t d = 0; d < data.width; ++d) mean[d] += h[d];
        rows += 1.0;
      }
      if (rows == 0.0) continue;
      for (double& x : mean) x /= rows;
      means.push_back(mean);
    }
    return means;
  }

  /// Whether mixing with some anchor changes the prediction, feature by feature
  /// as the paper has it: α = ε ‖z* − h‖ g / (‖g‖ (z* − h)), g the gradient of
  /// the cross-entropy by differences.
  bool changes(std::size_t row, double epsilon) const {
    const std::vector<double> h = data.row(row);
    const std::size_t y = data.favoured(h);
    const auto loss = [&](const std::vector<double>& x) {
      const std::vector<double> f = data.logits(x);
      long double sum = 0;
      for (const double value : f) {
        sum += std::exp(static_cast<long double>(value) - f[y]);
      }
      return std::log(sum);
    };
    std::vector<double> g;
    double length = 0.0;
    for (std::size_t d = 0; d < data.width; ++d) {
      std::vector<double> up = h, down = h;
      up[d] += 1e-6;
      down[d] -= 1e-6;
      g.push_back(static_cast<double>((loss(up) - loss(down)) / 2e-6L));
      length += g[d] * g[d];
    }
    for (const std::vector<double>& anchor : anchors()) {
      double far = 0.0;
      for (std::size_t d = 0; d < data.width; ++d) {
        far += (anchor[d] - h[d]) * (anchor[d] - h[d]);
      }
      std::vector<double> mixed = h;
      for (std::size_t d = 0; d < data.width; ++d) {
        if (anchor[d] == h[d]) continue;
        const double alpha = epsilon * std::sqrt(far) * g[d] /
                             (std::sqrt(length) * (anchor[d] - h[d]));
        mixed[d] = alpha * anchor[d] + (1.0 - alpha) * h[d];
      }
      if (data.favoured(mixed) != y) return true;
    }
    return false;
  }
};

Case random_case(RandomStream& random) {
  Case made{test::WithHead(40 + random.below(60), 6, 4, random), {}, {}};
  for (std::size_t i = 0; i < made.data.rows; ++i) {
    if (random.below(4) != 0) continue;
    made.labelled.push_back(i);
    // Of class 3 nothing is labelled; of some rows nobody knows.
    made.labels.push_back(static_cast<std::int64_t>(random.below(4)) - 1);
  }
  // Features that agree with an anchor's stay where they are.
  for (std::size_t i = 0; i < made.data.rows; ++i) {
    if (i % 3 == 0) made.data.h[i * made.data.width + 2] = 0.0;
  }
  for (std::size_t i = 0; i < made.labelled.size(); ++i) {
    if (made.labels[i] != 1) continue;
    made.data.h[made.labelled[i] * made.data.width + 2] = 0.0;
  }
  return made;
}

AlfaMix<> to_the_end(const AlfaMixOptions& options) {
  return AlfaMix<>(options, {.options = {.tolerance = 0}});
}

std::vector<double> normalised(std::vector<double> x) {
  double squares = 0.0;
  for (const double value : x) squares += value * value;
  for (double& value : x) value /= std::sqrt(squares);
  return x;
}

}  // namespace

static_assert(SetStrategy<AlfaMix<>>);
// Its clusterer is deduced.
static_assert(
    std::same_as<decltype(AlfaMix(AlfaMixOptions(), WeightedKMeans())),
                 AlfaMix<WeightedKMeans>>);
static_assert(!PointwiseStrategy<AlfaMix<>>);

TEST_CASE("The score is where mixing begins to change the prediction",
          "[alfa_mix]") {
  RandomStream random(61);
  int finite = 0, never = 0;
  for (int trial = 0; trial < 10; ++trial) {
    const Case made = random_case(random);
    const PoolView pool = made.pool();
    SelectContext context{.threads = 3};
    for (const RankedPick& pick :
         AlfaMix<>().select(pool, made.data.rows, context)) {
      CAPTURE(trial, pick.index, pick.score);
      if (std::isinf(pick.score)) {
        CHECK_FALSE(made.changes(pick.index, 1e6));
        ++never;
        continue;
      }
      CHECK(made.changes(pick.index, -pick.score * (1 + 1e-6)));
      CHECK_FALSE(made.changes(pick.index, -pick.score * (1 - 1e-6)));
      ++finite;
    }
  }
  CHECK(finite > 100);
  CHECK(never == 0);  // four classes: uphill lies another one
}

TEST_CASE("Feature mixing is its definition", "[alfa_mix]") {
  RandomStream random(62);
  int clustered = 0, filled = 0;
  for (int trial = 0; trial < 20; ++trial) {
    CAPTURE(trial);
    const Case made = random_case(random);
    const std::size_t budget = 3 + random.below(10);
    const double epsilon = 0.02 * static_cast<double>(1 + random.below(20));
    const auto start = test::random_numbers(budget * made.data.width, random);
    const PoolView pool = made.pool(start);
    SelectContext context{.ties = Ties::index, .threads = 3};
    const auto picks =
        to_the_end({.epsilon = epsilon}).select(pool, budget, context);
    std::vector<std::size_t> kept;
    for (const std::size_t row : pool.candidates()) {
      if (made.changes(row, epsilon)) kept.push_back(row);
    }
    if (kept.size() <= budget) {
      const auto rows = test::rows_of(picks);
      CHECK(std::is_sorted(picks.begin(), picks.end(),
                           [](const RankedPick& a, const RankedPick& b) {
                             return a.score > b.score;
                           }));
      for (const std::size_t row : kept) {
        CHECK(std::count(rows.begin(), rows.end(), row) == 1);
      }
      CHECK(rows.size() == budget);
      ++filled;
      continue;
    }
    test::Lloyd lloyd{.rows = {},
                      .weights = std::vector<double>(kept.size(), 1.0),
                      .centroids = test::rows_of_width(start, made.data.width)};
    for (const std::size_t row : kept) {
      lloyd.rows.push_back(normalised(made.data.row(row)));
    }
    lloyd.run();
    CHECK(lloyd.are_nearest_distinct(
        test::places_in(kept, test::rows_of(picks))));
    ++clustered;
  }
  CHECK(clustered > 5);
  CHECK(filled > 1);
}

TEST_CASE("A prediction that is all but certain has a direction too",
          "[alfa_mix]") {
  RandomStream random(63);
  Case made{test::WithHead(3, 1, 2, random), {0}, {0}};
  made.data.h = {0.0, 1.0, 2.0};
  made.data.weight = {2000.0, -2000.0};  // p = 1 to the last bit
  made.data.bias = {0.0, 1000.0};        // 4000 h = 1000 in between
  SelectContext context;
  const auto picks = AlfaMix<>().select(made.pool(), 2, context);
  // h − ε (h − 0) reaches ¼.
  CHECK(test::rows_of(picks) == std::vector<std::size_t>{1, 2});
  CHECK(picks[0].score == Approx(-0.75));
  CHECK(picks[1].score == Approx(-0.875));
}

TEST_CASE("Where nothing changes or nothing is labelled all are picked",
          "[alfa_mix]") {
  RandomStream random(64);
  Case made{test::WithHead(6, 2, 1, random), {1}, {0}};
  SelectContext context{.ties = Ties::index};
  const auto one_class = AlfaMix<>().select(made.pool(), 3, context);
  CHECK(test::rows_of(one_class) == std::vector<std::size_t>{0, 2, 3});
  CHECK(std::isinf(one_class[0].score));
  const Case cold{test::WithHead(50, 3, 3, random), {}, {}};
  const auto picks = AlfaMix<>().select(cold.pool(), 7, context);
  CHECK(picks.size() == 7);
  for (const RankedPick& pick : picks) CHECK(pick.score == 0.0);
}

TEST_CASE("What feature mixing cannot do is refused", "[alfa_mix]") {
  RandomStream random(65);
  Case made{test::WithHead(9, 4, 3, random), {1, 2}, {0, 1}};
  for (const double epsilon : {0.0, -1.0, HUGE_VAL, std::nan("")}) {
    CHECK(test::error_id([&] { AlfaMix<>({.epsilon = epsilon}); }) ==
          "strategy.bad_param");
  }
  CHECK(test::error_id([] {
          make_strategy("alfa_mix", {{"eps", "0"}});
        }) == "strategy.bad_param");
  const auto id = [&](SelectContext context) {
    return test::error_id([&] { AlfaMix<>().select(made.pool(), 3, context); });
  };
  CHECK(id({}) == "");
  CHECK(id({.memory_limit = 10}) == "strategy.memory");
  std::stop_source source;
  source.request_stop();
  SelectContext context{.stop = source.get_token()};
  CHECK(AlfaMix<>().select(made.pool(), 3, context).empty());
  made.labels = {-1, -1};
  CHECK(id({}) == "strategy.missing_input");
  made.labels = {};
  CHECK(id({}) == "strategy.missing_input");
}
