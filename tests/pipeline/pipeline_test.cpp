#include "quarry/pipeline/pipeline.hpp"

#include <atomic>
#include <cmath>
#include <functional>
#include <limits>
#include <mutex>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "quarry/data/shuffled.hpp"
#include "quarry/strategy/diversity/k_center.hpp"
#include "quarry/strategy/random.hpp"
#include "quarry/strategy/registry.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "oracle.hpp"

namespace quarry {
namespace {

using test::error_id;
using test::error_message;
using test::Oracle;
using test::toy_decoder;
using test::toy_model;
using test::toy_pool;

void check_picks(const Selection& selection,
                 const std::vector<Oracle::Scored>& expected, std::size_t count,
                 const MemorySource& pool) {
  REQUIRE(selection.size() == count);
  for (std::size_t rank = 0; rank < count; ++rank) {
    const Pick& pick = selection[rank];
    INFO("rank " << rank);
    REQUIRE(pick.rank == rank);
    REQUIRE(pick.index == expected[rank].first);
    REQUIRE(pick.id == pool.sample(pick.index).id);
    REQUIRE(pick.uri == pool.sample(pick.index).uri);
    if (std::isfinite(expected[rank].second)) {
      REQUIRE(pick.score == Approx(expected[rank].second).margin(1e-12));
    } else {
      REQUIRE(std::isnan(pick.score));
    }
  }
}

LabelledSet labelled_of(const MemorySource& pool,
                        const std::set<std::size_t>& rows) {
  LabelledSet set;
  for (const std::size_t i : rows) set.add({pool.sample(i).id, "1"});
  return set;
}

TEST_CASE("every strategy picks what a plain loop picks, however it is run",
          "[graph]") {
  const MemorySource pool = toy_pool(150);
  const Oracle oracle(pool, 11);
  struct Case {
    AnyStrategy strategy;
    std::function<double(std::size_t)> score;
  };
  const std::vector<Case> cases{
      {Margin(),
       [&](std::size_t i) {
         return oracle.margin(i);
       }},
      {Ratio(),
       [&](std::size_t i) {
         return oracle.ratio(i);
       }},
      {LeastConfidence(),
       [&](std::size_t i) {
         return oracle.least_confidence(i);
       }},
      {Entropy(),
       [&](std::size_t i) {
         return oracle.entropy(i);
       }},
      {RandomStrategy(),
       [&](std::size_t i) {
         return oracle.random(i);
       }},
  };
  const std::size_t batch = GENERATE(1, 7, 128);
  const std::size_t threads = GENERATE(1, 2, 7);
  const std::size_t slabs = GENERATE(1, 2, 0, 50);
  CAPTURE(batch, threads, slabs);
  const std::set<std::size_t> labelled{0, 1, 17, 149};
  for (const Case& each : cases) {
    Pipeline pipeline(pool, toy_decoder(), toy_model(), each.strategy,
                      {.batch = batch,
                       .threads = threads,
                       .seed = 11,
                       .labelled = labelled_of(pool, labelled),
                       .slabs = slabs});
    const Selection selection = pipeline.select(40);
    check_picks(selection, oracle.ranked(each.score, labelled), 40, pool);
    REQUIRE(selection.stopped == Stopped::budget_met);
    REQUIRE(selection.run.scored == 146);
  }
  Pipeline pipeline(pool, toy_decoder(), toy_model(), KCenter(),
                    {.batch = batch,
                     .threads = threads,
                     .seed = 11,
                     .labelled = labelled_of(pool, labelled),
                     .slabs = slabs});
  check_picks(pipeline.select(12), oracle.k_center(12, labelled), 12, pool);
}

TEST_CASE("a run with a slip in it is found out by the plain loop") {
  const MemorySource pool = toy_pool(150);
  const Oracle oracle(pool, 11);
  const std::set<std::size_t> labelled{0, 1, 17};
  const auto expected =
      oracle.ranked([&](std::size_t i) { return oracle.margin(i); }, labelled);
  const auto agrees = [&](const AnyStrategy& strategy,
                          PipelineOptions options) {
    Pipeline pipeline(pool, toy_decoder(), toy_model(), strategy,
                      std::move(options));
    const Selection selection = pipeline.select(147);
    return std::equal(selection.begin(), selection.end(), expected.begin(),
                      [](const Pick& pick, const Oracle::Scored& scored) {
                        return pick.index == scored.first;
                      });
  };
  const PipelineOptions right{.seed = 11,
                              .labelled = labelled_of(pool, labelled)};
  REQUIRE(agrees(Margin(), right));
  struct Flipped : Pointwise<Flipped> {
    double score(const Prediction& p) const { return -Margin().score(p); }
  };
  REQUIRE_FALSE(agrees(Flipped(), right));
  REQUIRE_FALSE(agrees(Entropy(), right));
  PipelineOptions wrong = right;
  wrong.seed = 12;  // decides among the samples that repeat others
  REQUIRE_FALSE(agrees(Margin(), wrong));
  wrong = right;
  wrong.ties = Ties::index;
  REQUIRE_FALSE(agrees(Margin(), wrong));
  wrong = right;
  wrong.labelled = labelled_of(pool, {0, 1});
  REQUIRE_FALSE(agrees(Margin(), wrong));
}

TEST_CASE("without a labelled sample k-center begins where the order says") {
  const MemorySource pool = toy_pool(60);
  const Oracle oracle(pool, 0);
  Pipeline pipeline(pool, toy_decoder(), toy_model(), KCenter());
  check_picks(pipeline.select(10), oracle.k_center(10, {}), 10, pool);
}

TEST_CASE("a selection tells of all samples, and of each pick") {
  const MemorySource pool = toy_pool(100);
  const Oracle oracle(pool);
  Pipeline pipeline(
      pool, toy_decoder(), toy_model(), Margin(),
      {.batch = 16, .threads = 2, .labelled = labelled_of(pool, {5, 6})});
  const Selection selection = pipeline.select(10);
  REQUIRE(selection.classes == toy_model().classes());
  std::vector<std::size_t> class_counts(selection.classes.size());
  ScoreHistogram scores;
  for (std::size_t i = 0; i < 100; ++i) {
    if (i == 5 || i == 6) continue;
    ++class_counts[static_cast<std::size_t>(oracle.predicted(i))];
    scores.add(oracle.margin(i));
  }
  REQUIRE(selection.class_counts == class_counts);
  REQUIRE(selection.scores == scores);
  for (const Pick& pick : selection) {
    REQUIRE(pick.predicted == oracle.predicted(pick.index));
    const auto& p = oracle.probabilities[pick.index];
    REQUIRE(pick.confidence == *std::max_element(p.begin(), p.end()));
  }
  const RunSummary& run = selection.run;
  REQUIRE(run.samples == 100);
  REQUIRE(run.candidates == 98);
  REQUIRE(run.scored == 98);
  REQUIRE(run.failed == 0);
  REQUIRE(run.batch == 16);
  REQUIRE(run.threads == 2);
  REQUIRE(run.bytes_read == 98 * test::toy_bytes);
  REQUIRE(run.peak_memory > 0);
  REQUIRE(run.seconds > 0.0);
  std::vector<std::string> stages;
  for (const StageTime& stage : run.stages) {
    stages.emplace_back(stage.stage);
    REQUIRE(stage.busy >= 0.0);
    REQUIRE(stage.starved >= 0.0);
    REQUIRE(stage.blocked >= 0.0);
    REQUIRE(stage.workers >= 1);
    REQUIRE(stage.items == (stage.stage == "select" ? 10U : 98U));
  }
  REQUIRE(stages == std::vector<std::string>{"fetch", "decode", "infer",
                                             "score", "select"});
}

TEST_CASE("ties are decided by the seed's hash of the id, or by index") {
  // All samples alike: nothing but ties.
  std::vector<MemorySource::Item> items = test::toy_items(40);
  for (MemorySource::Item& item : items) item.bytes = items[0].bytes;
  const MemorySource pool(items);
  const auto indices = [&](PipelineOptions options) {
    Pipeline pipeline(pool, toy_decoder(), toy_model(), Margin(), options);
    std::vector<std::size_t> picked;
    for (const Pick& pick : pipeline.select(40)) picked.push_back(pick.index);
    return picked;
  };
  std::vector<std::size_t> ascending(40);
  std::iota(ascending.begin(), ascending.end(), std::size_t{0});
  REQUIRE(indices({.ties = Ties::index}) == ascending);
  REQUIRE(indices({.seed = 1}) == indices({.seed = 1}));
  REQUIRE(indices({.seed = 1}) != indices({.seed = 2}));
  const Oracle oracle(pool, 7);
  const auto order = oracle.ranked([](std::size_t) { return 0.0; });
  const auto picked = indices({.seed = 7});
  for (std::size_t rank = 0; rank < 40; ++rank) {
    REQUIRE(picked[rank] == order[rank].first);
  }
}

TEST_CASE("a shuffled pool gives the same ids in the same order") {
  const MemorySource pool = toy_pool(200);
  const auto ids = [](const Selection& selection) {
    std::vector<std::string> names;
    for (const Pick& pick : selection) names.push_back(pick.id);
    return names;
  };
  for (const AnyStrategy& strategy :
       {AnyStrategy(Margin()), AnyStrategy(RandomStrategy()),
        AnyStrategy(KCenter())}) {
    Pipeline straight(pool, toy_decoder(), toy_model(), strategy);
    Pipeline shuffled(Shuffled(pool, 9), toy_decoder(), toy_model(), strategy);
    REQUIRE(ids(straight.select(50)) == ids(shuffled.select(50)));
  }
}

TEST_CASE("the budget may be nothing or more than there is") {
  const MemorySource pool = toy_pool(30);
  const Oracle oracle(pool);
  for (const AnyStrategy& strategy :
       {AnyStrategy(Margin()), AnyStrategy(RandomStrategy()),
        AnyStrategy(KCenter())}) {
    Pipeline pipeline(pool, toy_decoder(), toy_model(), strategy);
    const Selection none = pipeline.select(0);
    REQUIRE(none.empty());
    REQUIRE(none.stopped == Stopped::budget_met);
    const Selection exact = pipeline.select(30);
    REQUIRE(exact.size() == 30);
    REQUIRE(exact.stopped == Stopped::budget_met);
    const Selection all =
        pipeline.select(std::numeric_limits<std::size_t>::max());
    REQUIRE(all.size() == 30);
    REQUIRE(all.stopped == Stopped::pool_exhausted);
    std::set<std::size_t> distinct;
    for (const Pick& pick : all) distinct.insert(pick.index);
    REQUIRE(distinct.size() == 30);
  }
}

TEST_CASE("a pool without candidates is an error") {
  Pipeline empty(MemorySource({}), toy_decoder(), toy_model(), Margin());
  REQUIRE(error_id([&] { empty.select(1); }) == "pipeline.empty");
  REQUIRE(error_id([&] { empty.score(); }) == "pipeline.empty");

  const MemorySource pool = toy_pool(3);
  Pipeline done(pool, toy_decoder(), toy_model(), Margin(),
                {.labelled = labelled_of(pool, {0, 1, 2})});
  REQUIRE(error_id([&] { done.select(1); }) == "pipeline.empty");
  REQUIRE(done.score().probabilities.rows() == 3);
}

TEST_CASE("labelled ids that the pool lacks are noted") {
  LabelledSet labelled;
  labelled.add({"pool/1", std::nullopt});
  labelled.add({"elsewhere", "cat"});
  Pipeline pipeline(toy_pool(5), toy_decoder(), toy_model(), Margin(),
                    {.labelled = labelled});
  const Selection selection = pipeline.select(5);
  REQUIRE(selection.size() == 4);
  REQUIRE(selection.run.notes ==
          std::vector<std::string>{"1 labelled id not in the pool"});
}

/// Looks at what a set strategy is shown.
struct Witness : SetWise<Witness> {
  std::function<void(const PoolView&, SelectContext&)> look;
  Needs what = {{.name = inputs::embeddings}};

  Needs needs() const { return what; }
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    look(pool, context);
    std::vector<RankedPick> picks;
    for (const std::size_t i : pool.candidates()) {
      if (picks.size() < budget) picks.push_back({i, 0.5});
    }
    return picks;
  }
};

TEST_CASE("a set strategy sees the rows it needs, labelled ones too") {
  const MemorySource pool = toy_pool(20);
  const Oracle oracle(pool, 4);
  LabelledSet labelled;
  labelled.add({"pool/3", "4"});        // a class
  labelled.add({"pool/7", "unheard"});  // none
  labelled.add({"pool/12", std::nullopt});
  Witness witness;
  witness.what = {{.name = inputs::embeddings},
                  {.name = inputs::probabilities}};
  witness.look = [&](const PoolView& view, SelectContext& context) {
    REQUIRE(view.rows() == 20);
    REQUIRE(view.candidates().size() == 17);
    REQUIRE(std::vector<std::size_t>(view.labelled().begin(),
                                     view.labelled().end()) ==
            std::vector<std::size_t>{3, 7, 12});
    REQUIRE(
        std::vector<std::int64_t>(view.labels().begin(), view.labels().end()) ==
        std::vector<std::int64_t>{4, -1, -1});
    const auto embeddings = view.input(inputs::embeddings).as<float>();
    const auto probabilities = view.input(inputs::probabilities).as<float>();
    for (std::size_t i = 0; i < 20; ++i) {
      REQUIRE(view.key(i) == oracle.keys[i]);
      for (std::size_t d = 0; d < test::toy_features; ++d) {
        REQUIRE(embeddings[i * test::toy_features + d] ==
                oracle.embeddings[i][d]);
      }
      for (std::size_t c = 0; c < test::toy_classes; ++c) {
        REQUIRE(probabilities[i * test::toy_classes + c] ==
                oracle.probabilities[i][c]);
      }
    }
    REQUIRE(context.threads == 3);
    REQUIRE(context.memory_limit == 12345);
    RandomStream expected(4);
    REQUIRE(context.random() == expected());
  };
  Pipeline pipeline(pool, toy_decoder(), toy_model(), witness,
                    {.batch = 6,
                     .threads = 3,
                     .seed = 4,
                     .labelled = labelled,
                     .memory_limit = 12345});
  const Selection selection = pipeline.select(2);
  REQUIRE(selection.size() == 2);
  REQUIRE(selection.scores.empty());
  REQUIRE(selection.run.candidates == 17);
  REQUIRE(selection.run.scored == 17);
}

TEST_CASE("what a strategy does not need is not made") {
  const MemorySource pool = toy_pool(50);
  std::atomic<std::size_t> reads = 0;
  std::atomic<std::size_t> batches = 0;
  const test::HookedSource source{pool, [&](std::size_t, const Bytes& bytes) {
                                    ++reads;
                                    return Result<Bytes>(bytes);
                                  }};
  test::HookedModel model;
  model.hook = [&](const SlabView&, Predictions&) {
    ++batches;
  };
  const PipelineOptions options{.batch = 10,
                                .labelled = labelled_of(pool, {1, 2, 3})};

  SECTION("random runs no model, but reads every candidate") {
    Pipeline pipeline(source, toy_decoder(), model, RandomStrategy(), options);
    const Selection selection = pipeline.select(5);
    REQUIRE(reads == 47);
    REQUIRE(batches == 0);
    REQUIRE(selection[0].predicted == -1);
    REQUIRE(selection[0].confidence == 0.0F);
    REQUIRE(selection.run.scored == 47);
  }
  SECTION("a pointwise strategy does not read what is labelled") {
    Pipeline pipeline(source, toy_decoder(), model, Margin(), options);
    pipeline.select(5);
    REQUIRE(reads == 47);
    REQUIRE(batches == 5);
  }
  SECTION("a set strategy sees only the inputs it asks for") {
    Witness witness;
    witness.look = [](const PoolView& view, SelectContext&) {
      REQUIRE(view.has(inputs::embeddings));
      REQUIRE_FALSE(view.has(inputs::probabilities));
    };
    Pipeline pipeline(source, toy_decoder(), model, witness, options);
    pipeline.select(5);
    REQUIRE(reads == 50);
  }
  SECTION("a set strategy that needs nothing runs no model") {
    Witness witness;
    witness.what = {};
    witness.look = [](const PoolView& view, SelectContext&) {
      REQUIRE(view.inputs().empty());
      REQUIRE(view.candidates().size() == 47);
      REQUIRE(view.labelled().empty());
    };
    Pipeline pipeline(source, toy_decoder(), model, witness, options);
    pipeline.select(5);
    REQUIRE(reads == 47);
    REQUIRE(batches == 0);
  }
}

TEST_CASE("every batch has one shape, and the same rows in every run") {
  const MemorySource pool = toy_pool(45);
  const std::size_t threads = GENERATE(1, 4);
  std::mutex mutex;
  std::set<std::vector<std::byte>> seen;
  test::HookedModel model;
  model.hook = [&](const SlabView& view, Predictions&) {
    const std::lock_guard lock(mutex);
    REQUIRE(view.rows == 20);
    REQUIRE(view.spec == test::toy_spec);
    seen.insert({view.bytes.begin(), view.bytes.end()});
  };
  Pipeline pipeline(pool, toy_decoder(), model, Margin(),
                    {.batch = 20,
                     .threads = threads,
                     .labelled = labelled_of(pool, {0, 30})});
  pipeline.select(3);

  std::vector<std::size_t> wanted;
  for (std::size_t i = 1; i < 45; ++i) {
    if (i != 30) wanted.push_back(i);
  }
  std::set<std::vector<std::byte>> expected;
  for (std::size_t first = 0; first < wanted.size(); first += 20) {
    std::vector<std::byte> batch(20 * test::toy_bytes);  // zeros: the padding
    for (std::size_t r = 0; r < 20 && first + r < wanted.size(); ++r) {
      const Bytes bytes = *pool.read(wanted[first + r]);
      std::copy_n(bytes.data(), bytes.size(),
                  batch.begin() + static_cast<long>(r * test::toy_bytes));
    }
    expected.insert(std::move(batch));
  }
  REQUIRE(seen == expected);
}

TEST_CASE("score() gives the predictions of every sample by index") {
  const MemorySource pool = toy_pool(70);
  const Oracle oracle(pool);
  Pipeline pipeline(pool, toy_decoder(), toy_model(), RandomStrategy(),
                    {.batch = 32, .labelled = labelled_of(pool, {2})});
  const ScoredPool scored = pipeline.score();
  REQUIRE(scored.stopped == Stopped::pool_exhausted);
  REQUIRE(scored.classes.size() == test::toy_classes);
  REQUIRE(scored.run.scored == 70);
  REQUIRE(scored.probabilities.rows() == 70);
  REQUIRE(scored.embeddings.cols() == test::toy_features);
  for (Eigen::Index i = 0; i < 70; ++i) {
    const auto row = static_cast<std::size_t>(i);
    for (Eigen::Index c = 0; c < scored.probabilities.cols(); ++c) {
      REQUIRE(scored.probabilities(i, c) ==
              oracle.probabilities[row][static_cast<std::size_t>(c)]);
    }
    for (Eigen::Index d = 0; d < scored.embeddings.cols(); ++d) {
      REQUIRE(scored.embeddings(i, d) ==
              oracle.embeddings[row][static_cast<std::size_t>(d)]);
    }
  }
}

TEST_CASE("a pipeline runs again, and picks the same again", "[graph]") {
  Pipeline pipeline(toy_pool(100), toy_decoder(), toy_model(), Margin(),
                    {.batch = 8, .threads = 3});
  const Selection first = pipeline.select(20);
  for (int round = 0; round < 5; ++round) {
    const Selection again = pipeline.select(20);
    REQUIRE(again.size() == 20);
    for (std::size_t rank = 0; rank < 20; ++rank) {
      REQUIRE(again[rank].index == first[rank].index);
      REQUIRE(again[rank].score == first[rank].score);
    }
    pipeline.score();
  }
}

TEST_CASE("std::ref shares; a model trained between runs is noticed") {
  const MemorySource pool = toy_pool(60);
  ToyModel model = toy_model();
  const Margin margin;
  const RawDecoder decoder = toy_decoder();
  Pipeline pipeline(std::ref(pool), std::ref(decoder), std::ref(model),
                    std::ref(margin), {.batch = 8, .threads = 3});
  const ScoreHistogram before = pipeline.select(5).scores;
  model = ToyModel({.input = test::toy_spec,
                    .classes = test::toy_classes,
                    .embedding_dim = test::toy_features,
                    .seed = 99});
  const ScoreHistogram after = pipeline.select(5).scores;
  Pipeline fresh(pool, decoder, model, margin, {.batch = 8, .threads = 3});
  REQUIRE(after == fresh.select(5).scores);
  REQUIRE(after != before);
}

TEST_CASE("Any handles work as parts, and shared ones too") {
  const MemorySource pool = toy_pool(60);
  const Oracle oracle(pool);
  AnySource source(pool);
  AnyDecoder decoder(toy_decoder());
  AnyModel model(toy_model());
  AnyStrategy strategy{Margin()};
  const auto expected =
      oracle.ranked([&](std::size_t i) { return oracle.margin(i); });
  Pipeline owned(source, decoder, model, strategy);
  check_picks(owned.select(9), expected, 9, pool);
  Pipeline shared(std::ref(source), std::ref(decoder), std::ref(model),
                  strategy);
  check_picks(shared.select(9), expected, 9, pool);
  REQUIRE_FALSE(AnySource(std::ref(source)).is_async());
  REQUIRE_FALSE(AnyModel(std::ref(model)).is_async());
  REQUIRE_FALSE(AnySource(Shuffled(source)).is_async());
}

/// Models `EmbeddingModel`, but this one has none after all.
struct Blind : test::HookedModel {
  Blind() {
    hook = [](const SlabView&, Predictions&) {
    };
  }
  Blind replicate() const { return *this; }
  std::size_t embedding_dim() const { return 0; }
};

struct NeedsPasses : Pointwise<NeedsPasses> {
  Needs needs() const { return {{.name = inputs::passes, .passes = 3}}; }
  double score(const Prediction&) const { return 0.0; }
};

struct NeedsOwn : Pointwise<NeedsOwn> {
  static constexpr Needs needs() { return {{.name = "weather"}}; }
  double score(const Prediction&) const { return 0.0; }
};

TEST_CASE("parts that do not fit are refused before a byte is read") {
  std::size_t reads = 0;
  const test::HookedSource source{toy_pool(3),
                                  [&](std::size_t, const Bytes& bytes) {
                                    ++reads;
                                    return Result<Bytes>(bytes);
                                  }};
  REQUIRE(error_id([&] {
            Pipeline(source, toy_decoder(), Blind(), KCenter());
          }) == "pipeline.needs_embeddings");
  const std::string message = error_message(
      [&] { Pipeline(source, toy_decoder(), toy_model(), NeedsOwn()); });
  REQUIRE_THAT(message, Catch::Contains("'weather'"));
  REQUIRE(error_id([&] {
            Pipeline(source, toy_decoder(), toy_model(), NeedsOwn());
          }) == "pipeline.unknown_input");
  REQUIRE(error_id([&] {
            Pipeline(source, toy_decoder(), AnyModel(toy_model()),
                     AnyStrategy(NeedsPasses()));
          }) == "pipeline.needs_passes");
  const std::string passes = error_message([&] {
    Pipeline(source, toy_decoder(), AnyModel(toy_model()),
             make_strategy("bald"));
  });
  REQUIRE_THAT(passes, Catch::Contains("the strategy needs stochastic passes"));
  REQUIRE(error_id([&] {
            Pipeline(source, RawDecoder({.shape = {8, 8, 3}}), toy_model(),
                     Margin());
          }) == "pipeline.shape");
  REQUIRE(error_id([&] {
            Pipeline(source, toy_decoder(), toy_model(), Margin(),
                     {.batch = 0});
          }) == "pipeline.option");
  REQUIRE(reads == 0);
}

TEST_CASE("a model of another task is refused by what needs probabilities") {
  struct Tagger : ToyModel {
    Tagger() : ToyModel(toy_model()) {}
    Tagger replicate() const { return *this; }
    Task task() const { return Task::multilabel; }
  };
  REQUIRE(AnyModel(Tagger()).task() == Task::multilabel);
  REQUIRE(AnyModel(AnyModel(Tagger()).replicate()).task() == Task::multilabel);
  REQUIRE(AnyModel(toy_model()).task() == Task::multiclass);
  REQUIRE(error_id([&] {
            Pipeline(toy_pool(3), toy_decoder(), Tagger(), Margin());
          }) == "pipeline.needs_multiclass");
  Pipeline cover(toy_pool(3), toy_decoder(), Tagger(), KCenter());
  REQUIRE(cover.select(2).size() == 2);
  REQUIRE(cover.score().run.scored == 3);
}

TEST_CASE("score() works with a model that has no embeddings") {
  Pipeline pipeline(toy_pool(10), toy_decoder(), Blind(), Margin());
  const ScoredPool scored = pipeline.score();
  REQUIRE(scored.embeddings.rows() == 10);
  REQUIRE(scored.embeddings.cols() == 0);
}

TEST_CASE("the number of slabs is bounded, whatever the pool's size") {
  struct Counting : test::HookedModel {
    std::shared_ptr<std::atomic<std::size_t>> slabs =
        std::make_shared<std::atomic<std::size_t>>(0);
    std::shared_ptr<std::byte[]> make_slab(std::size_t bytes) const {
      ++*slabs;
      REQUIRE(bytes == 64 * test::toy_bytes);
      return std::make_shared<std::byte[]>(bytes);
    }
    Counting replicate() const { return *this; }
  };
  Counting model;
  model.hook = [](const SlabView&, Predictions&) {
  };
  Pipeline small(toy_pool(100), toy_decoder(), model, Margin(),
                 {.batch = 64, .threads = 2});
  small.select(1);
  REQUIRE(*model.slabs == 2);  // there is no third batch
  *model.slabs = 0;
  Pipeline large(toy_pool(1500), toy_decoder(), model, Margin(),
                 {.batch = 64, .threads = 2});
  large.select(1);
  large.select(1);
  large.score();
  REQUIRE(*model.slabs == 6);  // 2 × threads + 2, kept from run to run
  *model.slabs = 0;
  Pipeline single(toy_pool(1500), toy_decoder(), model, Margin(),
                  {.batch = 64, .threads = 2, .slabs = 1});
  single.select(1);
  REQUIRE(*model.slabs == 1);
}

TEST_CASE("a pipeline moves") {
  Pipeline first(toy_pool(20), toy_decoder(), toy_model(), Margin());
  const Selection before = first.select(3);
  Pipeline second = std::move(first);
  REQUIRE(second.select(3)[0].index == before[0].index);
  REQUIRE(second.last_run().scored == 20);
}

}  // namespace
}  // namespace quarry
