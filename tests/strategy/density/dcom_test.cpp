#include "quarry/strategy/density/dcom.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "../embedded.hpp"
#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;
using namespace quarry::test;

namespace {

/// An uncertainty that the first number of an embedding decides.
struct Given : Pointwise<Given> {
  static constexpr Needs needs() { return {{.name = inputs::embeddings}}; }
  double score(const Prediction& prediction) const {
    return std::sin(17.0 * prediction.embedding[0]);
  }
};

std::vector<double> scaled(const std::vector<double>& x) {
  const auto [least, most] = std::minmax_element(x.begin(), x.end());
  std::vector<double> y;
  for (const double value : x) {
    y.push_back(*most > *least ? (value - *least) / (*most - *least) : 0.0);
  }
  return y;
}

/// All degrees again before every pick; `sign` is that of competence.
std::vector<std::size_t> naive(const Embedded& h,
                               const std::vector<double>& radii,
                               std::size_t budget, DCoMOptions options,
                               double sign = 1.0) {
  const Square c = h.cosines();
  const auto near = [&](std::size_t i, std::size_t j, double r) {
    return std::sqrt(std::max(0.0L, 2 - 2 * c[i][j])) <
           static_cast<long double>(r);
  };
  double mean = 0;
  for (const double r : radii) mean += r / static_cast<double>(radii.size());
  if (radii.empty()) mean = options.max_delta;
  std::vector<double> u;
  for (std::size_t i = 0; i < h.rows; ++i) {
    u.push_back(std::sin(17.0 * h.values[i * h.width]));
  }
  u = scaled(u);
  std::vector<bool> covered(h.rows), taken(h.rows);
  for (std::size_t l = 0; l < h.labelled.size(); ++l) {
    u[h.labelled[l]] = 0;
    taken[h.labelled[l]] = true;
    for (std::size_t i = 0; i < h.rows; ++i) {
      if (near(i, h.labelled[l], std::min(radii[l], mean))) covered[i] = true;
    }
  }
  const double share =
      static_cast<double>(std::count(covered.begin(), covered.end(), true)) /
      static_cast<double>(h.rows);
  const double k = options.k_logistic, a = options.a_logistic;
  const double kappa = std::round(1000 * (1 + std::exp(-k * (1 - a))) /
                                  (1 + std::exp(-k * (share - a)))) /
                       1000;
  std::vector<std::size_t> picks;
  while (picks.size() < budget) {
    std::vector<double> g(h.rows);
    for (std::size_t i = 0; i < h.rows; ++i) {
      for (std::size_t j = 0; j < h.rows; ++j) {
        if (!covered[j] && near(i, j, mean)) g[i] += 1;
      }
    }
    const auto uu = scaled(u), gg = scaled(g);
    std::size_t best = h.rows;
    double most = -1;
    for (std::size_t i = 0; i < h.rows; ++i) {
      const double score = sign * kappa * uu[i] + (1 - kappa) * gg[i];
      if (taken[i] || (best != h.rows && !(score > most))) continue;
      best = i;
      most = score;
    }
    if (best == h.rows) break;
    picks.push_back(best);
    taken[best] = true;
    u[best] = 0;
    for (std::size_t i = 0; i < h.rows; ++i) {
      if (near(i, best, mean)) covered[i] = true;
    }
  }
  return picks;
}

}  // namespace

TEST_CASE("DCoM is its definition, for any competence", "[density]") {
  RandomStream random(61);
  std::size_t slips_found = 0;
  for (std::size_t trial = 0; trial < 20; ++trial) {
    const Embedded h = random_rows(10 + random.below(30), 3,
                                   trial % 3 == 0 ? 0.0 : 0.2, random);
    std::vector<double> radii;
    for (std::size_t i = 0; i < h.labelled.size(); ++i) {
      radii.push_back(random.uniform(0.3, 1.0));
    }
    const DCoMOptions options{.max_delta = 0.6, .k_logistic = 5.0};
    std::vector<NamedArray> inputs = {h.input()};
    if (!radii.empty()) {
      inputs.push_back(
          {inputs::labelled_deltas, ArrayView(radii.data(), {radii.size()})});
    }
    const PoolView pool = pool_of(h.rows, inputs, h.labelled);
    SelectContext context{.ties = Ties::index, .threads = 2};
    const auto picks = rows_of(DCoM<Given>(options).select(pool, 8, context));
    CAPTURE(trial);
    CHECK(picks == naive(h, radii, 8, options));
    if (picks != naive(h, radii, 8, options, -1.0)) ++slips_found;
  }
  CHECK(slips_found > 10);
}

TEST_CASE("Radii that are none are refused", "[density]") {
  RandomStream random(62);
  Embedded h = random_rows(6, 2, 0, random);
  h.labelled = {1, 4};
  const auto id = [&](const std::vector<double>& radii) {
    const PoolView pool = pool_of(
        6,
        {h.input(),
         {inputs::labelled_deltas, ArrayView(radii.data(), {radii.size()})}},
        h.labelled);
    SelectContext context;
    return error_id([&] { DCoM<Given>().select(pool, 1, context); });
  };
  CHECK(id({0.5, 0.7}).empty());
  CHECK(id({0.5}) == "strategy.input_shape");
  CHECK(id({0.5, 0.0}) == "strategy.bad_row");
  CHECK(id({0.5, std::nan("")}) == "strategy.bad_row");
}
