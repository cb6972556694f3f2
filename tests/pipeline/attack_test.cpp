#include <cmath>
#include <limits>
#include <stop_token>
#include <string>
#include <vector>

#include "quarry/model/committee.hpp"
#include "quarry/pipeline/pipeline.hpp"
#include "quarry/strategy/adversarial/bim.hpp"
#include "quarry/strategy/adversarial/deep_fool.hpp"
#include "quarry/strategy/combine/prefilter.hpp"
#include "quarry/strategy/combine/weighted.hpp"
#include "quarry/strategy/diversity/k_center.hpp"
#include "quarry/strategy/registry.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "oracle.hpp"
#include "temp_dir.hpp"

namespace quarry {
namespace {

using test::error_id;
using test::Oracle;
using test::toy_bytes;
using test::toy_classes;
using test::toy_decoder;
using test::toy_pool;
using test::toy_spec;

std::vector<double> logits_of(const std::vector<std::byte>& row) {
  const Predictions p =
      test::toy_model().infer({.bytes = row, .rows = 1, .spec = toy_spec});
  return {p.logits.data(), p.logits.data() + toy_classes};
}

/// `[toy_bytes][C]`: what a byte that goes from 0 to 255, an input that goes
/// from −1 to 1, does to the logits of the toy model, which is linear.
std::vector<std::vector<double>> slopes() {
  std::vector<std::vector<double>> all;
  const std::vector<double> none = logits_of(std::vector<std::byte>(toy_bytes));
  for (std::size_t b = 0; b < toy_bytes; ++b) {
    std::vector<std::byte> row(toy_bytes);
    row[b] = std::byte{255};
    std::vector<double> slope = logits_of(row);
    for (std::size_t c = 0; c < toy_classes; ++c)
      slope[c] = (slope[c] - none[c]) / 2.0;
    all.push_back(slope);
  }
  return all;
}

/// How far sample i is from the nearest boundary of its class.
double distance(const MemorySource& pool, std::size_t i) {
  static const std::vector<std::vector<double>> slope = slopes();
  std::vector<std::byte> row(toy_bytes);
  toy_decoder().decode(*pool.read(i), row).value();
  const std::vector<double> z = logits_of(row);
  const auto y = static_cast<std::size_t>(std::max_element(z.begin(), z.end()) -
                                          z.begin());
  double nearest = std::numeric_limits<double>::infinity();
  for (std::size_t l = 0; l < toy_classes; ++l) {
    if (l == y) continue;
    double squares = 0.0;
    for (std::size_t b = 0; b < toy_bytes; ++b)
      squares += (slope[b][l] - slope[b][y]) * (slope[b][l] - slope[b][y]);
    nearest = std::min(nearest, (z[y] - z[l]) / std::sqrt(squares));
  }
  return nearest;
}

PipelineOptions options_with(std::size_t threads) {
  PipelineOptions options;
  options.batch = 16;
  options.threads = threads;
  return options;
}

/// No gradients.
struct Opaque {
  ToyModel model = test::toy_model();
  Predictions infer(const SlabView& slab) { return model.infer(slab); }
  SampleSpec input() const { return model.input(); }
  std::vector<std::string> classes() const { return model.classes(); }
  std::string fingerprint() const { return model.fingerprint(); }
  Opaque replicate() const { return *this; }
};

/// Gradients that are not as they are announced.
struct Hooked : Opaque {
  std::function<void(InputGradient&)> hook = {};
  bool can = true;
  Matrix preprocess(const SlabView& slab) { return model.preprocess(slab); }
  InputGradient gradient(const Matrix& inputs, const Matrix& cotangent) {
    InputGradient given = model.gradient(inputs, cotangent);
    if (hook) hook(given);
    return given;
  }
  bool differentiable() const { return can; }
  Hooked replicate() const { return *this; }
};

/// Whoever submits to it gets nothing.
struct Async : Hooked {
  void submit(const SlabView&, PredictionSink&, InferDone done) noexcept {
    done(Failure{"model.infer", "submitted", "", Blame::run});
  }
  Async replicate() const { return *this; }
};
static_assert(AsyncModel<Async> && DifferentiableModel<Async>);

TEST_CASE("deep_fool picks what is nearest to a boundary", "[attack]") {
  const MemorySource pool = toy_pool(150);
  const Oracle oracle(pool);
  // Copies have the same distance to the last digit of a float only.
  const auto expected = oracle.ranked([&](std::size_t i) {
    return -std::pow(static_cast<float>(distance(pool, i)), 2);
  });
  std::vector<std::size_t> first;
  for (const std::size_t threads : {1, 3}) {
    auto pipeline = Pipeline(pool, toy_decoder(), test::toy_model(), DeepFool(),
                             options_with(threads));
    const Selection selection = pipeline.select(30);
    REQUIRE(selection.size() == 30);
    std::vector<std::size_t> rows;
    for (std::size_t rank = 0; rank < 30; ++rank) {
      const Pick& pick = selection[rank];
      rows.push_back(pick.index);
      INFO("rank " << rank << ", threads " << threads);
      CHECK(pick.score == Approx(expected[rank].second).epsilon(1e-3));
      CHECK(pick.score ==
            Approx(-std::pow(distance(pool, pick.index), 2)).epsilon(1e-3));
      CHECK(pick.predicted >= 0);
    }
    if (first.empty()) first = rows;
    CHECK(rows == first);
  }
}

TEST_CASE("what attacks find is scored, and chosen from alike", "[attack]") {
  const MemorySource pool = toy_pool(75);
  for (const char* name : {"deep_fool", "bim"}) {
    const AnyStrategy strategy = make_strategy(name);
    auto pipeline = Pipeline(pool, toy_decoder(), AnyModel(test::toy_model()),
                             strategy, options_with(2));
    const ScoredPool scored = pipeline.score();
    REQUIRE(scored.lengths.size() == 1);
    const auto& [input, lengths] = *scored.lengths.begin();
    CHECK(input == std::string(name) + "_norms");
    REQUIRE(lengths.rows() == 75);
    if (input == "deep_fool_norms") {
      for (std::size_t i = 0; i < 75; ++i) {
        CHECK(lengths(static_cast<Eigen::Index>(i), 0) ==
              Approx(distance(pool, i)).epsilon(1e-3));
      }
    }
    PoolView::Parts parts;
    parts.rows = 75;
    parts.inputs = {{input, ArrayView(lengths.data(), {75})}};
    for (std::size_t i = 0; i < 75; ++i) {
      parts.candidates.push_back(i);
      parts.keys.push_back(seeded_hash(0, pool.sample(i).id));
    }
    SelectContext context;
    const RankedPicks ranked =
        select_from(strategy, PoolView(std::move(parts)), 20, context);
    const Selection selection = pipeline.select(20);
    REQUIRE(ranked.size() == selection.size());
    for (std::size_t rank = 0; rank < 20; ++rank) {
      CHECK(ranked[rank].index == selection[rank].index);
      CHECK(ranked[rank].score == selection[rank].score);
    }
  }
}

TEST_CASE("set strategies see what attacks find, and both attacks run at once",
          "[attack]") {
  const MemorySource pool = toy_pool(60);
  // All that the first chooses from: the second decides.
  auto both =
      Pipeline(pool, toy_decoder(), test::toy_model(),
               Weighted({{1.0, DeepFool()}, {1e-9, Bim()}}), options_with(2));
  auto filtered =
      Pipeline(pool, toy_decoder(), test::toy_model(),
               Prefilter(DeepFool(), KCenter(), 1), options_with(2));
  auto alone = Pipeline(pool, toy_decoder(), test::toy_model(), DeepFool(),
                        options_with(2));
  const Selection expected = alone.select(12);
  std::set<std::size_t> rows;
  for (const Pick& pick : expected) rows.insert(pick.index);
  for (const Pick& pick : filtered.select(12)) CHECK(rows.count(pick.index));
  const ScoredPool scored = both.score();
  CHECK(scored.lengths.size() == 2);
  CHECK(scored.lengths.at("deep_fool_norms") ==
        alone.score().lengths.at("deep_fool_norms"));
  auto steps =
      Pipeline(pool, toy_decoder(), test::toy_model(), Bim(), options_with(2));
  CHECK(scored.lengths.at("bim_norms") ==
        steps.score().lengths.at("bim_norms"));
}

TEST_CASE("samples that failed have no length, and are not picked",
          "[attack]") {
  const MemorySource pool = toy_pool(40);
  test::HookedSource source{
      pool, [](std::size_t i, const Bytes& bytes) -> Result<Bytes> {
        if (i == 7) return Failure{"source.gone", "it is gone"};
        return bytes;
      }};
  PipelineOptions options = options_with(2);
  options.errors.max_bad = 1.0;
  auto pipeline =
      Pipeline(source, toy_decoder(), test::toy_model(), DeepFool(), options);
  const Selection selection = pipeline.select(40);
  CHECK(selection.size() == 39);
  const ScoredPool scored = pipeline.score();
  const Matrix& lengths = scored.lengths.at("deep_fool_norms");
  CHECK(std::isnan(lengths(7, 0)));
  for (const Pick& pick : selection) {
    CHECK(pick.index != 7);
    CHECK(pick.score ==
          Approx(-std::pow(distance(pool, pick.index), 2)).epsilon(1e-3));
  }
}

TEST_CASE("a model that cannot be differentiated is refused by name",
          "[attack]") {
  const MemorySource pool = toy_pool(5);
  const auto refused = [&](AnyModel model) {
    return error_id([&] {
      Pipeline(pool, toy_decoder(), model, AnyStrategy(DeepFool()),
               options_with(1));
    });
  };
  Hooked cannot;
  cannot.can = false;
  CHECK(refused(Opaque()) == "pipeline.needs_gradients");
  CHECK(refused(cannot) == "pipeline.needs_gradients");
  CHECK(refused(Committee({test::toy_model(), test::toy_model()})) ==
        "pipeline.needs_gradients");
  CHECK(refused(Hooked()).empty());
  CHECK(AnyModel(AnyModel(Hooked())).differentiable());
  AnyModel opaque{Opaque()};
  CHECK(error_id([&] { opaque.gradient({}, {}); }) == "contract.violated");
  CHECK(error_id([&] { opaque.preprocess({}); }) == "contract.violated");
}

TEST_CASE("gradients of another shape end the run", "[attack]") {
  const MemorySource pool = toy_pool(20);
  Hooked model;
  model.hook = [](InputGradient& given) {
    given.gradient.resize(1, 1);
  };
  CHECK(
      error_id([&] {
        Pipeline(pool, toy_decoder(), model, Bim(), options_with(1)).select(3);
      }) == "pipeline.predictions");
}

TEST_CASE("an attack ends where the run is stopped", "[attack]") {
  const MemorySource pool = toy_pool(64);
  std::stop_source source;
  std::size_t asked = 0;
  Hooked model;
  model.hook = [&](InputGradient&) {
    if (++asked == 5) source.request_stop();
  };
  PipelineOptions options = options_with(1);
  options.stop = source.get_token();
  // Of the first batch alone they would be many more.
  auto pipeline = Pipeline(pool, toy_decoder(), model, DeepFool(), options);
  const Selection selection = pipeline.select(8);
  CHECK(selection.stopped == Stopped::cancelled);
  CHECK(selection.size() == 0);
  CHECK(selection.run.failures.empty());
  CHECK(asked == 5);
}

TEST_CASE("a sample whose logits are not finite is a bad one", "[attack]") {
  const MemorySource pool = toy_pool(32);
  Hooked model;
  // Of each batch the first row.
  model.hook = [](InputGradient& given) {
    given.logits(0, 0) = std::numeric_limits<float>::quiet_NaN();
  };
  PipelineOptions options = options_with(1);
  options.errors.max_bad = 1.0;
  auto pipeline = Pipeline(pool, toy_decoder(), model, Bim(), options);
  const Selection selection = pipeline.select(32);
  REQUIRE_FALSE(selection.run.failures.empty());
  CHECK(selection.run.failures[0].index == 0);
  CHECK(selection.run.failures[0].failure.id == "model.not_finite");
}

TEST_CASE("an asynchronous model is attacked where it blocks", "[attack]") {
  const MemorySource pool = toy_pool(40);
  auto pipeline =
      Pipeline(pool, toy_decoder(), Async(), DeepFool(), options_with(2));
  const Selection selection = pipeline.select(5);
  REQUIRE(selection.size() == 5);
  for (const Pick& pick : selection) {
    CHECK(pick.score ==
          Approx(-std::pow(distance(pool, pick.index), 2)).epsilon(1e-3));
  }
}

TEST_CASE("attacks neither keep predictions nor take kept ones, and say so",
          "[attack]") {
  const test::TempDir dir;
  PipelineOptions options = options_with(1);
  options.cache.directory = dir.path();
  auto pipeline = Pipeline(toy_pool(20), toy_decoder(), test::toy_model(),
                           DeepFool(), options);
  const Selection selection = pipeline.select(3);
  CHECK(selection.run.kept == 0);
  REQUIRE(selection.run.notes.size() == 1);
  CHECK(selection.run.notes[0].find("attacks the model") != std::string::npos);
}

}  // namespace
}  // namespace quarry
