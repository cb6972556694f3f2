#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include "quarry/pipeline/pipeline.hpp"
#include "quarry/pipeline/prediction_cache.hpp"
#include "quarry/strategy/bayesian/scores.hpp"
#include "quarry/strategy/diversity/k_center.hpp"
#include "quarry/strategy/random.hpp"
#include "quarry/strategy/registry.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "fakes.hpp"
#include "temp_dir.hpp"

namespace quarry {
namespace {

namespace fs = std::filesystem;

using test::TempDir;
using test::toy_features;
using test::toy_pool;

constexpr std::size_t batch = 16;
constexpr std::size_t pool_size = 150;

/// How much work a run was.
struct Work {
  std::atomic<std::size_t> decoded = 0;
  std::atomic<std::size_t> batches = 0;
};

struct CountingDecoder {
  std::shared_ptr<Work> work;
  std::string name = "counting";

  SampleSpec spec() const { return test::toy_spec; }
  Result<void> decode(const Bytes& bytes, std::span<std::byte> row) const {
    ++work->decoded;
    if (bytes.span()[0] == std::byte{0xEE})
      return Failure{"decode.corrupt", "marked as bad"};
    return test::toy_decoder().decode(bytes, row);
  }
  std::string fingerprint() const { return name; }
};

struct CountingModel : test::DroppingModel {
  std::shared_ptr<Work> work = {};
  std::string machine = "this machine";
  std::string version = "1";
  std::function<void(std::size_t)> before = {};  ///< each batch of a run

  Predictions infer(const SlabView& slab) {
    const std::size_t number = work->batches++;
    if (before) before(number);
    return DroppingModel::infer(slab);
  }
  std::string fingerprint() const { return version; }
  std::string computes_with() const { return machine; }
  CountingModel replicate() const { return *this; }
};

/// A workspace, and runs over it that count their work.
struct Bench {
  TempDir dir;
  std::shared_ptr<Work> work = std::make_shared<Work>();
  PipelineOptions options = cached_in(dir.path() / "predictions");
  CountingDecoder decoder{work};
  CountingModel model = counting();

  static PipelineOptions cached_in(const fs::path& directory) {
    PipelineOptions options;
    options.batch = batch;
    options.seed = 7;
    options.cache.directory = directory;
    return options;
  }
  CountingModel counting() const {
    CountingModel made;
    made.work = work;
    return made;
  }

  template <class Strategy>
  Selection select(const MemorySource& pool, Strategy strategy) {
    work->decoded = 0;
    work->batches = 0;
    return Pipeline(pool, decoder, model, strategy, options).select(20);
  }
  ScoredPool score(const MemorySource& pool, std::size_t passes = 0) {
    work->decoded = 0;
    work->batches = 0;
    return Pipeline(pool, decoder, model, RandomStrategy(), options)
        .score(passes);
  }

  /// The folder of the one recipe there is.
  fs::path recipe() const {
    const fs::path model_folder =
        fs::directory_iterator(options.cache.directory)->path();
    return fs::directory_iterator(model_folder)->path();
  }
};

std::vector<std::pair<std::size_t, double>> picks_of(const Selection& picked) {
  std::vector<std::pair<std::size_t, double>> picks;
  // A pick without a score equals itself.
  for (const Pick& pick : picked) {
    picks.emplace_back(pick.index, std::isnan(pick.score) ? -1.0 : pick.score);
  }
  return picks;
}

bool has_note(const RunSummary& run, const std::string& words) {
  return std::any_of(run.notes.begin(), run.notes.end(),
                     [&](const std::string& note) {
                       return note.find(words) != std::string::npos;
                     });
}

bool same_bits(const Matrix& a, const Matrix& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() &&
         std::equal(a.data(), a.data() + a.size(), b.data());
}

// Every ninth sample of a toy pool repeats an earlier one.
constexpr std::size_t repeats = pool_size / 9;

std::size_t distinct(std::size_t samples) {
  return samples - samples / 9;
}

TEST_CASE("a second run decodes and infers nothing, and picks the same",
          "[cache]") {
  Bench bench;
  const MemorySource pool = toy_pool(pool_size);
  const auto without =
      picks_of(Pipeline(pool, bench.decoder, bench.model, Margin(),
                        PipelineOptions{.batch = batch, .seed = 7})
                   .select(20));
  const Selection cold = bench.select(pool, Margin());
  CHECK(picks_of(cold) == without);
  CHECK(cold.run.cached == repeats);
  CHECK(cold.run.kept == distinct(pool_size));
  CHECK(bench.work->decoded == distinct(pool_size));
  for (const std::size_t threads : {1, 3}) {
    bench.options.threads = threads;
    const Selection warm = bench.select(pool, Margin());
    CHECK(picks_of(warm) == without);
    CHECK(warm.class_counts == cold.class_counts);
    CHECK(warm.scores == cold.scores);
    CHECK(warm.run.cached == pool_size);
    CHECK(warm.run.scored == pool_size);
    CHECK(warm.run.kept == 0);
    CHECK(bench.work->decoded == 0);
    CHECK(bench.work->batches == 0);
    CHECK(warm.brief_report().find("150 from the cache") != std::string::npos);
  }
}

TEST_CASE("one pipeline uses what its own last run has kept", "[cache]") {
  Bench bench;
  Pipeline pipeline(toy_pool(pool_size), bench.decoder, bench.model, Margin(),
                    bench.options);
  CHECK(pipeline.select(5).run.cached == repeats);
  CHECK(pipeline.select(5).run.cached == pool_size);
}

TEST_CASE("a run that was ended goes on from what it has kept", "[cache]") {
  constexpr std::size_t samples = 1500;
  const MemorySource pool = toy_pool(samples);
  const auto expected = picks_of(Bench().select(pool, Margin()));
  const bool cancelled = GENERATE(true, false);
  std::size_t most = 0;
  for (const std::size_t at : {0, 30, 70}) {
    Bench bench;
    bench.options.threads = 2;
    std::stop_source stop;
    bench.options.stop = stop.get_token();
    bench.model.before = [&](std::size_t number) {
      if (number != at) return;
      if (!cancelled) throw std::runtime_error("out of order");
      stop.request_stop();
    };
    if (cancelled) {
      CHECK(bench.select(pool, Margin()).stopped == Stopped::cancelled);
    } else {
      CHECK(test::error_id([&] { bench.select(pool, Margin()); }) ==
            "pipeline.part_threw");
    }
    const std::size_t decoded = bench.work->decoded;
    bench.options.stop = {};
    bench.model.before = nullptr;
    const Selection again = bench.select(pool, Margin());
    CHECK(picks_of(again) == expected);
    CHECK(again.stopped == Stopped::budget_met);
    CHECK(again.run.cached <= decoded + samples / 9);
    CHECK(bench.work->decoded == samples - again.run.cached);
    most = std::max(most, again.run.cached);
  }
  CHECK(most >= samples / 3);
}

TEST_CASE("of a pool that has changed only what is new is computed",
          "[cache]") {
  Bench bench;
  auto items = test::toy_items(pool_size);
  bench.select(MemorySource(items), Margin());
  items[40].bytes = test::toy_items(1, 99)[0].bytes;
  const MemorySource changed(items);
  const auto expected =
      picks_of(Pipeline(changed, bench.decoder, bench.model, Margin(),
                        PipelineOptions{.batch = batch, .seed = 7})
                   .select(20));
  const Selection picked = bench.select(changed, Margin());
  CHECK(picks_of(picked) == expected);
  CHECK(picked.run.cached == pool_size - 1);
  CHECK(picked.run.kept == 1);
  CHECK(bench.work->decoded == 1);
  CHECK(bench.work->batches == 1);
}

TEST_CASE("what was kept for one strategy serves the others", "[cache]") {
  Bench bench;
  const MemorySource pool = toy_pool(pool_size);
  bench.select(pool, Margin());
  const Selection picked = bench.select(pool, KCenter());
  CHECK(picked.run.cached == pool_size);
  CHECK(bench.work->batches == 0);
  CHECK(picks_of(picked) ==
        picks_of(Pipeline(pool, bench.decoder, bench.model, KCenter(),
                          PipelineOptions{.batch = batch, .seed = 7})
                     .select(20)));
}

TEST_CASE("predictions out of the cache have the same bits", "[cache]") {
  const std::size_t passes = GENERATE(0, 3);
  Bench bench;
  const MemorySource pool = toy_pool(pool_size);
  const ScoredPool cold = bench.score(pool, passes);
  const ScoredPool warm = bench.score(pool, passes);
  CHECK(warm.run.cached == pool_size);
  CHECK(bench.work->decoded == 0);
  CHECK(same_bits(warm.probabilities, cold.probabilities));
  CHECK(same_bits(warm.embeddings, cold.embeddings));
  CHECK(same_bits(warm.passes, cold.passes));
  bench.options.cache.directory.clear();
  const ScoredPool without = bench.score(pool, passes);
  CHECK(same_bits(without.probabilities, cold.probabilities));
  CHECK(same_bits(without.embeddings, cold.embeddings));
  CHECK(same_bits(without.passes, cold.passes));
}

TEST_CASE("passes are kept for their number and seed", "[cache]") {
  Bench bench;
  const MemorySource pool = toy_pool(pool_size);
  bench.options.passes = 4;
  const Selection cold = bench.select(pool, Bald());
  CHECK(cold.run.cached == repeats);
  const Selection warm = bench.select(pool, Bald());
  CHECK(warm.run.cached == pool_size);
  CHECK(picks_of(warm) == picks_of(cold));
  bench.options.passes = 5;
  CHECK(bench.select(pool, Bald()).run.cached == repeats);
  bench.options.passes = 4;
  bench.options.seed = 8;
  CHECK(bench.select(pool, Bald()).run.cached == repeats);
}

TEST_CASE("whatever may change a prediction makes it another", "[cache]") {
  Bench bench;
  const MemorySource pool = toy_pool(pool_size);
  bench.select(pool, Margin());
  SECTION("the model") {
    bench.model.version = "2";
  }
  SECTION("the decoder") {
    bench.decoder.name = "another";
  }
  SECTION("the batch") {
    bench.options.batch = 8;
  }
  SECTION("the machine") {
    bench.model.machine = "another machine";
  }
  const Selection other = bench.select(pool, Margin());
  CHECK(other.run.cached == repeats);
  CHECK(other.run.kept == distinct(pool_size));
  CHECK(has_note(other.run, "computed with this machine") ==
        (bench.model.machine == "another machine"));
  CHECK(bench.select(pool, Margin()).run.cached == pool_size);
}

TEST_CASE("samples that fail do so every time", "[cache]") {
  Bench bench;
  auto items = test::toy_items(pool_size);
  std::vector<std::byte> marked(test::toy_bytes, std::byte{0xEE});
  items[3].bytes = Bytes::take(marked);
  const MemorySource pool(items);
  const Selection cold = bench.select(pool, Margin());
  const Selection warm = bench.select(pool, Margin());
  REQUIRE(warm.run.failures.size() == 1);
  CHECK(warm.run.failures[0].index == 3);
  CHECK(warm.run.failures[0].failure.id == "decode.corrupt");
  CHECK(warm.run.cached == pool_size - 1);
  CHECK(picks_of(warm) == picks_of(cold));
}

TEST_CASE("read writes nothing, and write reads nothing", "[cache]") {
  Bench bench;
  const MemorySource pool = toy_pool(pool_size);
  bench.options.cache.use = CacheUse::read;
  CHECK(bench.select(pool, Margin()).run.kept == 0);
  CHECK_FALSE(fs::exists(bench.options.cache.directory));
  bench.options.cache.use = CacheUse::write;
  CHECK(bench.select(pool, Margin()).run.kept == distinct(pool_size));
  const Selection again = bench.select(pool, Margin());
  CHECK(again.run.cached <= repeats);
  CHECK(bench.work->decoded >= distinct(pool_size));
  CHECK(again.run.kept == 0);  // they are there
  bench.options.cache.use = CacheUse::read;
  CHECK(bench.select(pool, Margin()).run.cached == pool_size);
  CHECK(bench.select(toy_pool(pool_size, 2), Margin()).run.kept == 0);
}

TEST_CASE("a strategy that asks no model uses no cache", "[cache]") {
  Bench bench;
  const Selection picked = bench.select(toy_pool(pool_size), RandomStrategy());
  CHECK(picked.run.kept == 0);
  CHECK_FALSE(fs::exists(bench.options.cache.directory));
}

TEST_CASE("without a decoder's fingerprint nothing is kept", "[cache]") {
  Bench bench;
  test::HookedDecoder decoder;
  decoder.hook = [](const Bytes&) {
    return Result<void>();
  };
  const Selection picked = Pipeline(toy_pool(pool_size), decoder, bench.model,
                                    Margin(), bench.options)
                               .select(5);
  CHECK(picked.run.kept == 0);
  CHECK(has_note(picked.run, "no fingerprint()"));
}

TEST_CASE("an asynchronous model and source use the cache, too", "[cache]") {
  Bench bench;
  const test::AsyncPool pool{.pool = toy_pool(pool_size)};
  const auto run = [&] {
    return Pipeline(pool, bench.decoder, test::AsyncToy(), Margin(),
                    bench.options)
        .select(20);
  };
  const Selection cold = run();
  const Selection warm = run();
  CHECK(warm.run.cached == pool_size);
  CHECK(picks_of(warm) == picks_of(cold));
}

/// The toy model, and its like with another head; counts its work.
struct HeadedModel {
  ToyModel model;
  std::shared_ptr<Work> work;
  std::shared_ptr<Work> head_work = std::make_shared<Work>();

  explicit HeadedModel(std::shared_ptr<Work> counted, std::uint64_t head = 3)
      : model({.input = test::toy_spec,
               .classes = test::toy_classes,
               .embedding_dim = toy_features,
               .seed = 3,
               .head_seed = head}),
        work(std::move(counted)) {}

  Predictions infer(const SlabView& slab) {
    ++work->batches;
    return model.infer(slab);
  }
  Predictions head(const Matrix& embeddings) {
    ++head_work->batches;
    return model.head(embeddings);
  }
  SampleSpec input() const { return model.input(); }
  std::vector<std::string> classes() const { return model.classes(); }
  std::string fingerprint() const { return model.fingerprint(); }
  std::string backbone() const { return model.backbone(); }
  HeadedModel replicate() const { return *this; }
  std::size_t embedding_dim() const { return model.embedding_dim(); }
};
static_assert(HeadModel<HeadedModel>);

TEST_CASE(
    "under another head embeddings are used again, and the head alone "
    "runs",
    "[cache]") {
  Bench bench;
  bench.options.threads = GENERATE(1, 3);
  const MemorySource pool = toy_pool(pool_size);
  const auto run = [&](HeadedModel model, auto strategy,
                       const PipelineOptions& options) {
    bench.work->decoded = 0;
    bench.work->batches = 0;
    return Pipeline(pool, bench.decoder, model, strategy, options).select(20);
  };
  const PipelineOptions uncached{.batch = batch, .seed = 7};
  const HeadedModel first(bench.work);
  const HeadedModel second(bench.work, 4);
  run(first, Margin(), bench.options);

  const auto wanted = picks_of(run(second, Margin(), uncached));
  const Selection picked = run(second, Margin(), bench.options);
  CHECK(picks_of(picked) == wanted);
  CHECK(bench.work->decoded == 0);
  CHECK(bench.work->batches == 0);
  CHECK(second.head_work->batches == 10);
  CHECK(picked.run.from_embeddings == distinct(pool_size));
  CHECK(picked.run.cached == repeats);
  CHECK(picked.run.kept == distinct(pool_size));
  CHECK(picked.run.scored == pool_size);
  CHECK(picked.brief_report().find("134 by the model's head alone") !=
        std::string::npos);

  const Selection again = run(second, Margin(), bench.options);
  CHECK(picks_of(again) == wanted);
  CHECK(again.run.cached == pool_size);
  CHECK(again.run.from_embeddings == 0);

  // Both at once: embeddings out of one place, predictions out of the other.
  CHECK(picks_of(run(second, KCenter(), bench.options)) ==
        picks_of(run(second, KCenter(), uncached)));
}

TEST_CASE(
    "a batch may hold rows for the head, for the network, and for "
    "neither",
    "[cache]") {
  Bench bench;
  auto items = test::toy_items(pool_size);
  const HeadedModel first(bench.work);
  const HeadedModel second(bench.work, 4);
  const auto score = [&](HeadedModel model, const MemorySource& pool,
                         const PipelineOptions& options) {
    return Pipeline(pool, bench.decoder, model, RandomStrategy(), options)
        .score();
  };
  // Of every three: one known to both models, one to the first, one to none.
  std::vector<MemorySource::Item> of_both;
  std::vector<MemorySource::Item> of_first;
  for (std::size_t i = 0; i < pool_size; ++i) {
    if (i % 3 == 0) of_both.push_back(items[i]);
    if (i % 3 != 2) of_first.push_back(items[i]);
  }
  score(second, MemorySource(of_both), bench.options);
  score(first, MemorySource(of_first), bench.options);
  const MemorySource pool(items);
  const ScoredPool mixed = score(second, pool, bench.options);
  bench.options.cache.directory.clear();
  const ScoredPool plain = score(second, pool, bench.options);
  CHECK(mixed.run.cached > repeats);
  CHECK(mixed.run.from_embeddings > 0);
  CHECK(mixed.run.from_embeddings + mixed.run.cached < pool_size);
  CHECK(same_bits(mixed.probabilities, plain.probabilities));
  CHECK(same_bits(mixed.embeddings, plain.embeddings));
}

TEST_CASE("passes know nothing of kept embeddings", "[cache]") {
  struct Dropping : HeadedModel {
    using HeadedModel::HeadedModel;
    StochasticPredictions infer_stochastic(const SlabView& slab,
                                           std::size_t passes,
                                           std::uint64_t seed) {
      return test::DroppingModel{model}.infer_stochastic(slab, passes, seed);
    }
    bool has_dropout() const { return true; }
    Dropping replicate() const { return *this; }
  };
  static_assert(HeadModel<Dropping> && StochasticModel<Dropping>);
  Bench bench;
  const MemorySource pool = toy_pool(pool_size);
  const auto score = [&](const Dropping& model) {
    return Pipeline(pool, bench.decoder, model, RandomStrategy(), bench.options)
        .score(2);
  };
  score(Dropping(bench.work));
  const Dropping other(bench.work, 4);
  const ScoredPool scored = score(other);
  CHECK(scored.run.from_embeddings == 0);
  CHECK(other.head_work->batches == 0);
  bench.options.cache.directory.clear();
  const ScoredPool plain = score(other);
  CHECK(same_bits(scored.probabilities, plain.probabilities));
  CHECK(same_bits(scored.passes, plain.passes));
}

TEST_CASE("another backbone knows nothing of kept embeddings", "[cache]") {
  Bench bench;
  const MemorySource pool = toy_pool(pool_size);
  HeadedModel model(bench.work);
  const auto run = [&] {
    return Pipeline(pool, bench.decoder, model, Margin(), bench.options)
        .select(20);
  };
  run();
  model = HeadedModel(bench.work, 4);
  SECTION("another backbone") {
    model.model = ToyModel({.input = test::toy_spec,
                            .classes = test::toy_classes,
                            .embedding_dim = toy_features,
                            .seed = 9});
  }
  SECTION("another batch") {
    bench.options.batch = 8;
  }
  SECTION("another decoder") {
    bench.decoder.name = "another";
  }
  CHECK(run().run.from_embeddings == 0);
}

TEST_CASE("a head that gives another shape ends the run in words", "[cache]") {
  struct Misshapen : HeadedModel {
    using HeadedModel::HeadedModel;
    Predictions head(const Matrix& embeddings) {
      Predictions p = model.head(embeddings);
      p.logits.resize(3, 2);
      return p;
    }
    Misshapen replicate() const { return *this; }
  };
  Bench bench;
  const MemorySource pool = toy_pool(pool_size);
  Pipeline(pool, bench.decoder, HeadedModel(bench.work), Margin(),
           bench.options)
      .select(5);
  Pipeline other(pool, bench.decoder, Misshapen(bench.work, 4), Margin(),
                 bench.options);
  CHECK(test::error_id([&] { other.select(5); }) == "pipeline.predictions");
}

MemorySource equal_pool(std::size_t n) {
  auto items = test::toy_items(n);
  for (auto& item : items) item.bytes = items.front().bytes;
  return MemorySource(items);
}

TEST_CASE("samples of equal bytes are decoded and inferred once", "[cache]") {
  Bench bench;
  bench.options.threads = 3;
  const MemorySource pool = equal_pool(500);
  const auto margin = bench.select(pool, Margin());
  CHECK(bench.work->decoded == 1);
  CHECK(bench.work->batches == 1);
  CHECK(margin.run.scored == 500);
  CHECK(margin.run.cached == 499);
  CHECK(margin.run.kept == 1);
  bench.options.cache.directory.clear();
  CHECK(picks_of(bench.select(pool, Margin())) == picks_of(margin));
  CHECK(bench.work->decoded == 500);
}

TEST_CASE("samples with equal bytes are scored as themselves", "[cache]") {
  Bench bench;
  const MemorySource pool = toy_pool(pool_size);
  const auto random = make_strategy("power_bald", StrategyParams());
  const auto picked = picks_of(bench.select(pool, random));
  const auto rows = picks_of(bench.select(pool, KCenter()));
  const ScoredPool scored = bench.score(pool);
  bench.options.cache.directory.clear();
  CHECK(picks_of(bench.select(pool, random)) == picked);
  CHECK(picks_of(bench.select(pool, KCenter())) == rows);
  const ScoredPool plain = bench.score(pool);
  CHECK(same_bits(scored.probabilities, plain.probabilities));
  CHECK(same_bits(scored.embeddings, plain.embeddings));
}

TEST_CASE("those with the bytes of a sample that fails fail as well",
          "[cache]") {
  Bench bench;
  bench.options.errors = {.max_bad = 1.0, .alike_limit = 0};
  auto items = test::toy_items(60);
  const Bytes marked =
      Bytes::take(std::vector<std::byte>(test::toy_bytes, std::byte{0xEE}));
  for (const std::size_t i : {3, 4, 30, 59}) items[i].bytes = marked;
  const Selection picked = bench.select(MemorySource(items), Margin());
  REQUIRE(picked.run.failures.size() == 4);
  CHECK(picked.run.failures[3].index == 59);
  CHECK(picked.run.scored == 56);
}

TEST_CASE(
    "those with the bytes of a prediction that is not finite fail as well",
    "[cache]") {
  Bench bench;
  bench.options.errors = {.max_bad = 1.0, .alike_limit = 0};
  const MemorySource pool = equal_pool(40);
  test::HookedModel model;
  model.hook = [](const SlabView&, Predictions& p) {
    p.probabilities.setConstant(std::nanf(""));
  };
  Pipeline pipeline(pool, bench.decoder, model, Margin(), bench.options);
  const Selection picked = pipeline.select(5);
  CHECK(picked.empty());
  CHECK(picked.run.failures.size() == 40);
  CHECK(picked.run.kept == 0);
}

TEST_CASE("the first bad sample by index stops a run, repeated or not",
          "[cache]") {
  Bench bench;
  bench.options.errors = {.on_error = OnError::stop};
  auto items = test::toy_items(60);
  const Bytes marked =
      Bytes::take(std::vector<std::byte>(test::toy_bytes, std::byte{0xEE}));
  for (const std::size_t i : {7, 50}) items[i].bytes = marked;
  Pipeline pipeline(MemorySource(items), bench.decoder, bench.model, Margin(),
                    bench.options);
  try {
    pipeline.select(5);
    FAIL("it must stop");
  } catch (const Error& error) {
    CHECK(error.id() == "pipeline.bad_sample");
    CHECK(std::string(error.what()).find("pool/7:") != std::string::npos);
  }
}

void spoil(const fs::path& file, std::size_t at, const std::string& bytes) {
  std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
  out.seekp(static_cast<std::streamoff>(at));
  out << bytes;
}

TEST_CASE("a row that is damaged is computed anew", "[cache]") {
  Bench bench;
  const MemorySource pool = toy_pool(pool_size);
  const Selection cold = bench.select(pool, Margin());
  const std::size_t row = 4 * (test::toy_classes + toy_features);
  const fs::path rows = bench.recipe() / "rows";
  std::size_t hurt = 0;
  SECTION("flipped bits") {
    spoil(rows, 5 * row + 9, "x");
    hurt = 1;
  }
  SECTION("a file that is cut short") {
    fs::resize_file(rows, 100 * row - 1);
    hurt = distinct(pool_size) - 99;
  }
  SECTION("a file that is gone") {
    fs::remove(rows);
    hurt = distinct(pool_size);
  }
  const Selection warm = bench.select(pool, Margin());
  CHECK(picks_of(warm) == picks_of(cold));
  CHECK(warm.run.kept == hurt);
  CHECK(warm.run.cached == pool_size - hurt);
  CHECK(has_note(warm.run, "damaged"));
  const Selection mended = bench.select(pool, Margin());
  CHECK(mended.run.cached == pool_size);
  CHECK(mended.run.notes.empty());
  CHECK(picks_of(mended) == picks_of(cold));
}

TEST_CASE("an index that is damaged is begun anew", "[cache]") {
  Bench bench;
  const MemorySource pool = toy_pool(pool_size);
  const Selection cold = bench.select(pool, Margin());
  spoil(bench.recipe() / "index.db", 0, std::string(4096, 'x'));
  bench.options.cache.use = GENERATE(CacheUse::on, CacheUse::read);
  const Selection after = bench.select(pool, Margin());
  CHECK(picks_of(after) == picks_of(cold));
  CHECK(has_note(after.run, "damaged"));
  const bool mends = bench.options.cache.use == CacheUse::on;
  // Where nothing is kept, only repeats that are under way at once are found.
  CHECK((mends ? after.run.cached == repeats : after.run.cached <= repeats));
  CHECK(after.run.kept == (mends ? distinct(pool_size) : 0));
}

TEST_CASE("a folder that cannot be used is a note", "[cache]") {
  Bench bench;
  const MemorySource pool = toy_pool(pool_size);
  const Selection picked = [&] {
    bench.options.cache.directory = bench.dir.write("file", "no folder");
    return bench.select(pool, Margin());
  }();
  CHECK(picked.size() == 20);
  CHECK(picked.run.kept == 0);
  CHECK(has_note(picked.run, "cannot make the folder"));
}

TEST_CASE("whoever comes second says who writes, and reads", "[cache]") {
  Bench bench;
  const MemorySource pool = toy_pool(pool_size);
  bench.select(pool, Margin());
  // The outer run holds the lock while its source is read.
  bool asked = false;
  Selection inner;
  Bench other;
  other.options = bench.options;
  test::HookedSource slow{toy_pool(pool_size, 2),
                          [&](std::size_t, const Bytes& bytes) {
                            if (!std::exchange(asked, true))
                              inner = other.select(pool, Margin());
                            return Result<Bytes>(bytes);
                          }};
  bench.options.reads = 1;
  const Selection outer =
      Pipeline(slow, bench.decoder, bench.model, Margin(), bench.options)
          .select(5);
  CHECK(outer.run.kept == distinct(pool_size));
  CHECK(inner.run.cached == pool_size);
  CHECK(inner.run.kept == 0);
  CHECK(has_note(inner.run, "(" + std::to_string(::getpid()) + ")"));
}

std::uint64_t bytes_below(const fs::path& folder) {
  std::uint64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

TEST_CASE("what was not used for longest makes room", "[cache]") {
  Bench bench;
  const MemorySource pool = toy_pool(pool_size);
  const auto run = [&](const std::string& version) {
    bench.model.version = version;
    return bench.select(pool, Margin()).run;
  };
  const auto age = [&](int hours) {
    for (const auto& entry :
         fs::recursive_directory_iterator(bench.options.cache.directory)) {
      if (entry.path().filename() != "lock") continue;
      const auto then = fs::last_write_time(entry.path());
      fs::last_write_time(entry.path(), then - std::chrono::hours(hours));
    }
  };
  run("1");
  age(1);
  run("2");
  age(1);
  CHECK(run("1").cached == pool_size);  // now 2 is the older one
  const std::uint64_t two = bytes_below(bench.options.cache.directory);
  // A third has no room beside both.
  bench.options.cache.max_bytes = 5 * two / 4;
  CHECK(run("3").kept == distinct(pool_size));
  CHECK(run("1").cached == pool_size);
  CHECK(run("3").cached == pool_size);
  CHECK(run("2").cached == repeats);
}

TEST_CASE("what is not Quarry's is left alone", "[cache]") {
  Bench bench;
  const fs::path other =
      bench.dir.write("predictions/mine/too/thesis.txt", "years of work");
  bench.options.cache.max_bytes = 60'000;
  bench.select(toy_pool(pool_size), Margin());
  CHECK(clear_prediction_cache(bench.options.cache.directory) == 0);
  CHECK(inspect_prediction_cache(bench.options.cache.directory).empty());
  CHECK(test::slurp(other) == "years of work");
}

TEST_CASE("an index of which an inner page is damaged is begun anew",
          "[cache]") {
  Bench bench;
  bench.options.batch = 64;
  const MemorySource pool = toy_pool(3000);
  const Selection cold = bench.select(pool, Margin());
  const fs::path index = bench.recipe() / "index.db";
  // All pages but the first, which tells of the tables.
  const std::size_t size = fs::file_size(index);
  for (std::size_t page = 4; page < size / 4096; page += 3)
    spoil(index, 4096 * page, std::string(4096, 'x'));
  const Selection hurt = bench.select(pool, Margin());
  CHECK(picks_of(hurt) == picks_of(cold));
  CHECK(has_note(hurt.run, "damaged"));
  CHECK(picks_of(bench.select(pool, Margin())) == picks_of(cold));
  const Selection mended = bench.select(pool, Margin());
  CHECK(mended.run.cached == 3000);
  CHECK(mended.run.notes.empty());
}

/// A model that is a little off each time it runs.
struct WaveringModel : CountingModel {
  std::shared_ptr<float> off = std::make_shared<float>(0.0F);

  Predictions infer(const SlabView& slab) {
    Predictions p = CountingModel::infer(slab);
    p.embeddings.array() += *off;
    return p;
  }
  WaveringModel replicate() const { return *this; }
};

TEST_CASE("rows that were replaced do not fill the cache for ever", "[cache]") {
  Bench bench;
  bench.options.cache.use = CacheUse::write;
  WaveringModel model;
  model.work = bench.work;
  const MemorySource pool = toy_pool(3000);
  bool begun_anew = false;
  std::uintmax_t most = 0;
  for (int run = 0; run < 6; ++run) {
    *model.off += 0.5F;
    const Selection picked =
        Pipeline(pool, bench.decoder, model, Margin(), bench.options).select(5);
    CHECK(picked.run.kept == distinct(3000));
    begun_anew |= has_note(picked.run, "replaced by others");
    most = std::max(most, fs::file_size(bench.recipe() / "rows"));
  }
  CHECK(begun_anew);
  constexpr std::uintmax_t row = 4 * (toy_features + test::toy_classes);
  CHECK(most <= 5 * distinct(3000) * row);
}

TEST_CASE("a run that fills the cache says so and goes on", "[cache]") {
  Bench bench;
  bench.options.cache.max_bytes = 1000;
  const Selection picked = bench.select(toy_pool(pool_size), Margin());
  CHECK(picked.size() == 20);
  CHECK(picked.run.kept == 0);
  CHECK(has_note(picked.run, "the cache is full"));
}

}  // namespace
}  // namespace quarry
