#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "quarry/pipeline/pipeline.hpp"
#include "quarry/strategy/bayesian/scores.hpp"
#include "quarry/strategy/registry.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "oracle.hpp"

namespace quarry {
namespace {

using test::DroppingModel;
using test::error_id;
using test::Oracle;
using test::toy_bytes;
using test::toy_classes;
using test::toy_decoder;
using test::toy_pool;
using test::toy_spec;

/// Probabilities of pass k for sample i, by a run of the plain model.
std::vector<double> pass(const MemorySource& pool, std::size_t i, std::size_t k,
                         std::uint64_t seed) {
  std::vector<std::byte> row(toy_bytes);
  toy_decoder().decode(*pool.read(i), row).value();
  const std::vector<bool> mask = DroppingModel::kept(seed, k);
  for (std::size_t b = 0; b < toy_bytes; ++b)
    if (!mask[b]) row[b] = std::byte{0};
  const Predictions p =
      test::toy_model().infer({.bytes = row, .rows = 1, .spec = toy_spec});
  return {p.probabilities.data(), p.probabilities.data() + toy_classes};
}

double entropy(const std::vector<double>& p) {
  double sum = 0.0;
  for (const double x : p) sum -= x > 0.0 ? x * std::log(x) : 0.0;
  return sum;
}

double bald(const MemorySource& pool, std::size_t i, std::size_t passes,
            std::uint64_t seed) {
  std::vector<double> mean(toy_classes, 0.0);
  double inner = 0.0;
  for (std::size_t k = 0; k < passes; ++k) {
    const std::vector<double> p = pass(pool, i, k, seed);
    for (std::size_t c = 0; c < toy_classes; ++c)
      mean[c] += p[c] / static_cast<double>(passes);
    inner += entropy(p) / static_cast<double>(passes);
  }
  return entropy(mean) - inner;
}

PipelineOptions options_with(std::size_t passes) {
  PipelineOptions options;
  options.batch = 16;
  options.seed = 7;
  options.passes = passes;
  return options;
}

TEST_CASE("a strategy over passes picks what a plain loop picks", "[passes]") {
  const MemorySource pool = toy_pool(130);
  const Oracle oracle(pool, 7);
  const auto expected =
      oracle.ranked([&](std::size_t i) { return bald(pool, i, 6, 7); });
  // A pointwise one in the stream, and a set strategy whose law is the same.
  for (const char* name : {"bald", "power_bald"}) {
    StrategyParams params;
    if (std::string(name) == "power_bald")
      params = StrategyParams::parse(std::vector<std::string>{"beta=1e9"});
    for (const std::size_t threads : {1, 3}) {
      PipelineOptions options = options_with(6);
      options.threads = threads;
      auto pipeline = Pipeline(pool, toy_decoder(), DroppingModel(),
                               make_strategy(name, params), options);
      const Selection selection = pipeline.select(20);
      INFO(name << ", threads " << threads);
      REQUIRE(selection.size() == 20);
      CHECK(selection.run.passes == 6);
      for (std::size_t rank = 0; rank < 20; ++rank) {
        CHECK(selection[rank].index == expected[rank].first);
        CHECK(selection[rank].score ==
              Approx(expected[rank].second).margin(1e-7));
      }
    }
  }
}

TEST_CASE(
    "a prediction is the mean of the passes, where those are all there is",
    "[passes]") {
  const MemorySource pool = toy_pool(40);
  auto pipeline =
      Pipeline(pool, toy_decoder(), DroppingModel(), Bald(), options_with(4));
  const Selection selection = pipeline.select(40);
  for (const Pick& pick : selection) {
    std::vector<double> mean(toy_classes, 0.0);
    for (std::size_t k = 0; k < 4; ++k) {
      const std::vector<double> p = pass(pool, pick.index, k, 7);
      for (std::size_t c = 0; c < toy_classes; ++c) mean[c] += p[c] / 4;
    }
    REQUIRE(pick.predicted >= 0);
    CHECK(pick.confidence ==
          Approx(mean[static_cast<std::size_t>(pick.predicted)]).margin(1e-6));
    CHECK(pick.confidence ==
          Approx(*std::max_element(mean.begin(), mean.end())).margin(1e-6));
  }
}

TEST_CASE("passes are scored beside plain predictions", "[passes]") {
  const MemorySource pool = toy_pool(37);
  auto pipeline =
      Pipeline(pool, toy_decoder(), DroppingModel(), Margin(), options_with(9));
  const ScoredPool scored = pipeline.score(3);
  CHECK(scored.run.passes == 3);
  REQUIRE(scored.passes.rows() == 3 * 37);
  for (std::size_t k = 0; k < 3; ++k) {
    for (std::size_t i = 0; i < 37; ++i) {
      const std::vector<double> p = pass(pool, i, k, 7);
      for (std::size_t c = 0; c < toy_classes; ++c)
        REQUIRE(scored.passes(static_cast<Eigen::Index>(k * 37 + i),
                              static_cast<Eigen::Index>(c)) ==
                Approx(p[c]).margin(1e-6));
    }
  }
  CHECK(scored.probabilities == pipeline.score().probabilities);
  CHECK(pipeline.score().passes.size() == 0);
}

TEST_CASE("a sample of which one pass is not finite is a bad one", "[passes]") {
  const MemorySource pool = toy_pool(32);
  DroppingModel model;
  model.hook = [](StochasticPredictions& p) {
    p.probabilities(p.probabilities.rows() - 1, 0) =
        std::numeric_limits<float>::quiet_NaN();
  };
  PipelineOptions options = options_with(2);
  options.errors.max_bad = 1.0;
  options.threads = 1;
  auto pipeline = Pipeline(pool, toy_decoder(), model, Bald(), options);
  const Selection selection = pipeline.select(32);
  REQUIRE(selection.run.failures.size() == 2);  // of each batch the last
  CHECK(selection.run.failures[0].index == 15);
  CHECK(selection.run.failures[0].failure.id == "model.not_finite");
  CHECK(selection.size() == 30);
}

TEST_CASE("passes that are no distributions, or of another shape, end the run",
          "[passes]") {
  const MemorySource pool = toy_pool(32);
  DroppingModel model;
  model.hook = [](StochasticPredictions& p) {
    p.probabilities(0, 0) += 0.5F;
  };
  CHECK(
      error_id([&] {
        Pipeline(pool, toy_decoder(), model, Bald(), options_with(2)).select(3);
      }) == "strategy.bad_row");
  model.hook = [](StochasticPredictions& p) {
    p.probabilities.resize(1, 1);
  };
  CHECK(
      error_id([&] {
        Pipeline(pool, toy_decoder(), model, Bald(), options_with(2)).select(3);
      }) == "pipeline.predictions");
}

TEST_CASE("a model without dropout is refused before a byte is read",
          "[passes]") {
  const MemorySource pool = toy_pool(5);
  DroppingModel model;
  model.dropout = false;
  CHECK(error_id([&] {
          Pipeline(pool, toy_decoder(), model, Bald(), options_with(2));
        }) == "pipeline.needs_passes");
  CHECK(error_id([&] {
          Pipeline(pool, toy_decoder(), AnyModel(test::toy_model()),
                   AnyStrategy(Bald()), options_with(2));
        }) == "pipeline.needs_passes");
  auto pipeline =
      Pipeline(pool, toy_decoder(), model, Margin(), options_with(2));
  CHECK(error_id([&] { pipeline.score(2); }) == "pipeline.needs_passes");
  CHECK(error_id([&] { pipeline.score(5000); }) == "pipeline.option");
}

}  // namespace
}  // namespace quarry
