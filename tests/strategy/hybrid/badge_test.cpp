#include "quarry/strategy/hybrid/badge.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "../chi_square.hpp"
#include "../lloyd.hpp"
#include "../pools.hpp"
#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;

namespace {

/// Gradients, written out: `[N, C · D]`.
std::vector<std::vector<double>> gradients(const std::vector<double>& p,
                                           const std::vector<double>& h,
                                           std::size_t classes,
                                           std::size_t width) {
  std::vector<std::vector<double>> g(p.size() / classes);
  for (std::size_t i = 0; i < g.size(); ++i) {
    const double* const row = p.data() + i * classes;
    const auto best =
        static_cast<std::size_t>(std::max_element(row, row + classes) - row);
    for (std::size_t c = 0; c < classes; ++c) {
      for (std::size_t k = 0; k < width; ++k) {
        g[i].push_back(((c == best) - row[c]) * h[i * width + k]);
      }
    }
  }
  return g;
}

double squared(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    sum += (a[k] - b[k]) * (a[k] - b[k]);
  }
  return sum;
}

std::size_t first_of(const std::vector<std::vector<double>>& g,
                     const std::vector<std::size_t>& free) {
  const std::vector<double> origin(g[0].size(), 0.0);
  std::size_t best = free[0];
  for (const std::size_t i : free) {
    if (squared(g[i], origin) > squared(g[best], origin)) best = i;
  }
  return best;
}

/// min_s ‖g_u − g_s‖² of all that are free, 0 for those that are picked.
std::vector<double> weights_of(const std::vector<std::vector<double>>& g,
                               const std::vector<std::size_t>& free,
                               const std::vector<std::size_t>& picks) {
  std::vector<double> weights;
  for (const std::size_t i : free) {
    double least = std::numeric_limits<double>::infinity();
    for (const std::size_t s : picks)
      least = std::min(least, squared(g[i], g[s]));
    weights.push_back(least);
  }
  return weights;
}

std::vector<std::size_t> by_inverse_cdf(
    const std::vector<std::vector<double>>& g,
    const std::vector<std::size_t>& free, const std::vector<double>& uniforms,
    std::size_t budget) {
  std::vector<std::size_t> picks = {first_of(g, free)};
  while (picks.size() < budget) {
    const auto weights = weights_of(g, free, picks);
    double total = 0.0, sum = 0.0;
    for (const double w : weights) total += w;
    if (total <= 1e-12) break;
    for (std::size_t i = 0; i < free.size(); ++i) {
      sum += weights[i];
      if (weights[i] > 0.0 && sum / total >= uniforms[picks.size() - 1]) {
        picks.push_back(free[i]);
        break;
      }
    }
  }
  for (const std::size_t i : free) {  // what is left has a twin
    const bool in = std::find(picks.begin(), picks.end(), i) != picks.end();
    if (picks.size() < budget && !in) picks.push_back(i);
  }
  return picks;
}

struct Arrays {
  std::size_t classes, width;
  std::vector<double> p, h, uniforms;

  PoolView pool(std::vector<std::size_t> labelled = {},
                bool replay = true) const {
    const std::size_t rows = p.size() / classes;
    std::vector<NamedArray> inputs = {
        {inputs::probabilities, ArrayView(p.data(), {rows, classes})},
        {inputs::embeddings, ArrayView(h.data(), {rows, width})}};
    if (replay) {
      inputs.push_back(
          {inputs::uniforms, ArrayView(uniforms.data(), {uniforms.size()})});
    }
    return test::pool_of(rows, inputs, std::move(labelled));
  }
};

Arrays random_arrays(std::size_t rows, std::size_t classes, std::size_t width,
                     RandomStream& random) {
  Arrays a{classes,
           width,
           test::random_probabilities(rows, classes, random),
           test::random_numbers(rows * width, random),
           {}};
  for (std::size_t i = 1; i < rows; ++i) {
    if (random.below(4) == 0) {  // a copy
      const std::size_t from = random.below(i);
      std::copy_n(a.p.begin() + static_cast<std::ptrdiff_t>(from * classes),
                  classes,
                  a.p.begin() + static_cast<std::ptrdiff_t>(i * classes));
      std::copy_n(a.h.begin() + static_cast<std::ptrdiff_t>(from * width),
                  width, a.h.begin() + static_cast<std::ptrdiff_t>(i * width));
    } else if (random.below(6) == 0) {  // sure: no gradient
      for (std::size_t c = 0; c < classes; ++c) a.p[i * classes + c] = c == 0;
    }
  }
  for (std::size_t i = 0; i < rows; ++i) a.uniforms.push_back(random.uniform());
  return a;
}

std::vector<std::size_t> select(const PoolView& pool, std::size_t budget,
                                SelectContext context = {}) {
  return test::rows_of(Badge().select(pool, budget, context));
}

}  // namespace

static_assert(SetStrategy<Badge>);
static_assert(Badge::needs().has(inputs::probabilities));

TEST_CASE("BADGE draws what explicit gradients draw", "[badge]") {
  RandomStream random(71);
  for (int trial = 0; trial < 60; ++trial) {
    const std::size_t rows = 2 + random.below(60);
    const Arrays a =
        random_arrays(rows, 1 + random.below(5), 1 + random.below(20), random);
    std::vector<std::size_t> labelled;
    for (std::size_t i = 1; trial % 2 == 0 && i < rows; i += 5) {
      labelled.push_back(i);
    }
    const PoolView pool = a.pool(labelled);
    const std::vector<std::size_t> free(pool.candidates().begin(),
                                        pool.candidates().end());
    const auto g = gradients(a.p, a.h, a.classes, a.width);
    const auto want = by_inverse_cdf(g, free, a.uniforms, free.size());
    CAPTURE(trial, rows, a.classes, a.width);
    for (const std::size_t threads : {1, 2}) {
      CHECK((select(pool, rows, {.ties = Ties::index, .threads = threads}) ==
             want));
    }
    // The raw embeddings for gradients, as some do.
    if (a.classes == 3 && rows > 20) {
      CHECK((by_inverse_cdf(test::rows_of_width(a.h, a.width), free, a.uniforms,
                            10) != select(pool, 10)));
    }
  }
}

TEST_CASE("BADGE's own draws follow the law of the gradients", "[badge]") {
  RandomStream random(72);
  const Arrays a = random_arrays(9, 3, 4, random);
  const PoolView pool = a.pool({2}, false);
  const std::vector<std::size_t> free(pool.candidates().begin(),
                                      pool.candidates().end());
  const auto g = gradients(a.p, a.h, 3, 4);
  std::map<std::vector<std::size_t>, double> law, with_origin, counts;
  const std::size_t first = first_of(g, free);
  const std::vector<double> origin(12, 0.0);
  for (auto* p : {&law, &with_origin}) {
    const auto weights = [&](const std::vector<std::size_t>& picks) {
      auto w = weights_of(g, free, picks);
      for (std::size_t i = 0; p == &with_origin && i < free.size(); ++i) {
        w[i] = std::min(w[i], squared(g[free[i]], origin));
      }
      double total = 0.0;
      for (const double x : w) total += x;
      for (double& x : w) x /= total;
      return w;
    };
    const auto second = weights({first});
    for (std::size_t i = 0; i < free.size(); ++i) {
      if (second[i] == 0.0) continue;
      const auto third = weights({first, free[i]});
      for (std::size_t j = 0; j < free.size(); ++j) {
        (*p)[{first, free[i], free[j]}] += second[i] * third[j];
      }
    }
  }
  for (std::uint64_t seed = 0; seed < 8000; ++seed) {
    ++counts[select(pool, 3, {.random = RandomStream(seed)})];
  }
  CHECK(test::follows(counts, law));
  CHECK_FALSE(test::follows(counts, with_origin));
}

TEST_CASE("BADGE refuses uniforms that it cannot use", "[badge]") {
  RandomStream random(73);
  Arrays a = random_arrays(6, 2, 2, random);
  a.uniforms = {0.5, 0.25};
  const auto id = [&](std::size_t budget) {
    return test::error_id([&] { select(a.pool(), budget); });
  };
  CHECK(id(3).empty());
  CHECK(id(4) == "strategy.input_shape");
  a.uniforms[1] = 1.0;
  CHECK(id(3) == "strategy.bad_row");
  a.uniforms[1] = std::nan("");
  CHECK(id(3) == "strategy.bad_row");
}

TEST_CASE("BADGE does the same with any number of threads", "[badge]") {
  RandomStream random(74);
  const Arrays a = random_arrays(5000, 4, 16, random);
  const PoolView pool = a.pool({}, false);
  const auto want = select(pool, 300);
  CHECK((select(pool, 300, {.threads = 2}) == want));
  CHECK((select(pool, 300, {.threads = 7}) == want));
}
