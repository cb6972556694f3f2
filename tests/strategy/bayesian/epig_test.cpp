#include "quarry/strategy/bayesian/epig.hpp"

#include <cmath>
#include <vector>

#include "../passes.hpp"
#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;
using namespace quarry::test;

namespace {

std::vector<double> epig(const PassArray<>& pool, const PassArray<>& targets) {
  const std::vector<NamedArray> inputs = {
      {inputs::passes, pool.view()}, {inputs::target_passes, targets.view()}};
  const std::vector<std::uint64_t> keys(pool.rows);
  std::vector<double> out(pool.rows);
  Epig().score({.rows = out.size(), .inputs = inputs, .keys = keys}, out);
  return out;
}

/// I(y; y*) = H[y] + H[y*] − H[y, y*], the mean over the targets. `term` is
/// the weight of the last: −1, unless there is a slip in it.
long double oracle(const RowPasses& p, const PassArray<>& targets,
                   long double term = -1.0L) {
  long double sum = 0.0L;
  for (std::size_t m = 0; m < targets.rows; ++m) {
    const RowPasses t = targets.row(m);
    std::vector<long double> joint;
    for (std::size_t y = 0; y < p[0].size(); ++y) {
      for (std::size_t z = 0; z < t[0].size(); ++z) {
        long double q = 0.0L;
        for (std::size_t k = 0; k < p.size(); ++k) q += p[k][y] * t[k][z];
        joint.push_back(q / static_cast<long double>(p.size()));
      }
    }
    sum += entropy(mean_of(p)) + entropy(mean_of(t)) + term * entropy(joint);
  }
  return sum / static_cast<long double>(targets.rows);
}

bool agree(const PassArray<>& pool, const PassArray<>& targets,
           long double term = -1.0L) {
  const auto got = epig(pool, targets);
  for (std::size_t i = 0; i < pool.rows; ++i) {
    const long double want = oracle(pool.row(i), targets, term);
    if (!(std::abs(static_cast<long double>(got[i]) - want) <= 1e-13L)) {
      return false;
    }
  }
  return true;
}

}  // namespace

static_assert(PointwiseStrategy<Epig> && ScoresBlocks<Epig>);
static_assert(!SetStrategy<Epig>);

TEST_CASE("EPIG is its definition", "[epig]") {
  RandomStream random(15);
  for (const std::size_t passes : {1, 2, 7}) {
    for (const std::size_t classes : {1, 2, 5}) {
      for (const double sharpness : {0.0, 1.0, 8.0}) {
        const auto pool = random_passes(passes, 9, classes, random, sharpness);
        const auto targets =
            random_passes(passes, 4, classes + 1, random, sharpness);
        CHECK(agree(pool, targets));
        CHECK_FALSE(agree(pool, targets, +1.0L));  // the sign
        CHECK_FALSE(agree(pool, targets, 0.0L));   // the term dropped
      }
    }
  }
}

TEST_CASE("EPIG of saturated passes is a number", "[epig]") {
  const PassArray<> torn = one_row({{1, 0}, {0, 1}});
  const PassArray<> sure = one_row({{1, 0}, {1, 0}});
  CHECK(epig(torn, torn)[0] == Approx(std::log(2.0)).epsilon(1e-15));
  CHECK(epig(torn, sure)[0] == 0.0);
  CHECK(epig(sure, torn)[0] == 0.0);
  CHECK(epig(sure, sure)[0] == 0.0);
  // Independent of the target: passes quarrel, but not about the same thing.
  CHECK(epig(one_row({{1, 0}, {1, 0}, {0, 1}, {0, 1}}),
             one_row({{1, 0}, {0, 1}, {1, 0}, {0, 1}}))[0] == 0.0);
}

TEST_CASE("EPIG is exactly nothing where the passes of a row agree", "[epig]") {
  RandomStream random(18);
  const auto targets = random_passes(7, 4, 3, random);
  for (int round = 0; round < 200; ++round) {
    const auto one = random_passes(1, 1, 5, random);
    PassArray<> alike{7, 1, 5};
    for (std::size_t k = 0; k < 7; ++k) {
      alike.values.insert(alike.values.end(), one.values.begin(),
                          one.values.end());
    }
    CHECK(epig(alike, targets)[0] == 0.0);
  }
}

TEST_CASE("Targets of other passes, none, or failed ones are refused",
          "[epig]") {
  RandomStream random(16);
  const auto pool = random_passes(3, 5, 2, random);
  const auto id = [&](const PassArray<>& targets) {
    return error_id([&] { epig(pool, targets); });
  };
  CHECK(id(random_passes(2, 4, 2, random)) == "strategy.input_shape");
  CHECK(id({3, 0, 2}) == "strategy.input_shape");

  auto targets = random_passes(3, 4, 2, random);
  const auto pool_id = [&] {
    return error_id([&] {
      pool_of(5, {{inputs::target_passes, targets.view()}});
    });
  };
  CHECK(pool_id().empty());
  for (std::size_t k = 0; k < 3; ++k) {
    targets.values[k * 8] = targets.values[k * 8 + 1] = std::nan("");
  }
  CHECK(pool_id() == "strategy.bad_row");
  targets.values[0] = 2.0;
  CHECK(pool_id() == "strategy.bad_row");
}
