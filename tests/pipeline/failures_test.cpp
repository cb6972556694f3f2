// What goes wrong in a run, and how it is told.
#include <atomic>
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "quarry/pipeline/pipeline.hpp"
#include "quarry/strategy/diversity/k_center.hpp"
#include "quarry/strategy/random.hpp"
#include "quarry/strategy/row_states.hpp"
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

/// Fails to read the samples of a set.
test::HookedSource unreadable(const MemorySource& pool,
                              std::set<std::size_t> bad,
                              Failure failure = {"file.read", "no such luck"}) {
  return {pool, [=](std::size_t i, const Bytes& bytes) -> Result<Bytes> {
            if (bad.count(i) != 0) return failure;
            return bytes;
          }};
}

/// A pool where the samples of a set are a byte short: they cannot be decoded.
MemorySource undecodable(std::size_t n, const std::set<std::size_t>& bad) {
  auto items = test::toy_items(n);
  for (const std::size_t i : bad) {
    items[i].bytes = items[i].bytes.slice(0, test::toy_bytes - 1);
  }
  return MemorySource(items);
}

/// A pool where the samples of a set are marked for `nan_where_marked`.
MemorySource marked(std::size_t n, const std::set<std::size_t>& bad) {
  auto items = test::toy_items(n);
  for (const std::size_t i : bad) {
    items[i].bytes =
        Bytes::take(std::vector<std::byte>(test::toy_bytes, std::byte(0xEE)));
  }
  return MemorySource(items);
}

test::HookedModel nan_where_marked(bool embeddings = false) {
  test::HookedModel model;
  model.hook = [=](const SlabView& view, Predictions& p) {
    for (std::size_t r = 0; r < view.rows; ++r) {
      if (view.bytes[r * test::toy_bytes] != std::byte(0xEE)) continue;
      Matrix& matrix = embeddings ? p.embeddings : p.probabilities;
      matrix(static_cast<Eigen::Index>(r), 2) =
          std::numeric_limits<float>::infinity();
    }
  };
  return model;
}

std::vector<std::size_t> failed_rows(const RunSummary& run) {
  std::vector<std::size_t> rows;
  for (const BadSample& bad : run.failures) rows.push_back(bad.index);
  return rows;
}

template <class Pipe>
void check_survivors(Pipe& pipeline, const Oracle& oracle,
                     const std::set<std::size_t>& bad, std::string_view id) {
  const Selection selection = pipeline.select(30);
  const auto expected =
      oracle.ranked([&](std::size_t i) { return oracle.margin(i); }, bad);
  REQUIRE(selection.size() == 30);
  for (std::size_t rank = 0; rank < 30; ++rank) {
    REQUIRE(selection[rank].index == expected[rank].first);
  }
  const RunSummary& run = selection.run;
  REQUIRE(run.failed == bad.size());
  REQUIRE(failed_rows(run) == std::vector<std::size_t>(bad.begin(), bad.end()));
  for (const BadSample& sample : run.failures) {
    REQUIRE(sample.id == oracle.pool.sample(sample.index).id);
    REQUIRE(sample.failure.id.text() == id);
  }
  REQUIRE(run.scored + run.failed == oracle.pool.size());
  REQUIRE(selection.scores.total() == run.scored);
}

TEST_CASE("bad samples are left out and reported by index", "[graph]") {
  const std::set<std::size_t> bad{0, 3, 64, 65, 66, 119};
  const std::size_t batch = GENERATE(1, 7, 64, 128);
  const std::size_t threads = GENERATE(1, 3);
  const PipelineOptions options{.batch = batch, .threads = threads};
  SECTION("that cannot be read") {
    const MemorySource pool = toy_pool(120);
    Pipeline pipeline(unreadable(pool, bad), toy_decoder(), toy_model(),
                      Margin(), options);
    check_survivors(pipeline, Oracle(pool), bad, "file.read");
  }
  SECTION("that cannot be decoded") {
    const MemorySource pool = undecodable(120, bad);
    Pipeline pipeline(pool, toy_decoder(), toy_model(), Margin(), options);
    check_survivors(pipeline, Oracle(toy_pool(120)), bad, "decode.size");
  }
  SECTION("whose prediction is not finite") {
    const MemorySource pool = marked(120, bad);
    Pipeline pipeline(pool, toy_decoder(), nan_where_marked(), Margin(),
                      options);
    check_survivors(pipeline, Oracle(toy_pool(120)), bad, "model.not_finite");
  }
}

TEST_CASE("a failed row is a zero row, and does not move the others") {
  const MemorySource pool = toy_pool(20);
  std::mutex mutex;
  std::vector<std::byte> seen;
  test::HookedModel model;
  model.hook = [&](const SlabView& view, Predictions&) {
    const std::lock_guard lock(mutex);
    seen.assign(view.bytes.begin(), view.bytes.end());
  };
  const std::set<std::size_t> bad{0, 7, 19};
  Pipeline pipeline(unreadable(pool, bad), toy_decoder(), model, Margin(),
                    {.batch = 20, .errors = {.max_bad = 0.5}});
  // The memory is used twice: what the first run left must be gone.
  pipeline.select(1);
  std::fill(seen.begin(), seen.end(), std::byte{1});
  pipeline.select(1);
  for (std::size_t i = 0; i < 20; ++i) {
    std::vector<std::byte> expected(test::toy_bytes);
    if (bad.count(i) == 0) {
      const Bytes bytes = *pool.read(i);
      expected.assign(bytes.data(), bytes.data() + bytes.size());
    }
    REQUIRE(std::equal(expected.begin(), expected.end(),
                       seen.begin() + static_cast<long>(i * test::toy_bytes)));
  }
}

TEST_CASE("a set strategy never sees a failed sample, labelled or not") {
  const std::set<std::size_t> bad{4, 9, 30};
  const std::set<std::size_t> labelled{9, 10, 11};
  const MemorySource pool = marked(60, bad);
  LabelledSet set;
  for (const std::size_t i : labelled) set.add({pool.sample(i).id});
  Pipeline pipeline(pool, toy_decoder(), nan_where_marked(true), KCenter(),
                    {.batch = 16, .labelled = set});
  const Selection selection = pipeline.select(100);
  const Oracle oracle{pool};
  const auto expected = oracle.k_center(100, labelled, bad);
  REQUIRE(selection.size() == 55);
  for (std::size_t rank = 0; rank < selection.size(); ++rank) {
    REQUIRE(selection[rank].index == expected[rank].first);
  }
  REQUIRE(selection.stopped == Stopped::pool_exhausted);
  REQUIRE(selection.run.candidates == 57);
  REQUIRE(selection.run.scored == 55);
  REQUIRE(failed_rows(selection.run) == std::vector<std::size_t>{4, 9, 30});
}

TEST_CASE("random never picks a sample that cannot be decoded") {
  const std::set<std::size_t> bad{1, 2, 38};
  Pipeline pipeline(undecodable(40, bad), toy_decoder(), toy_model(),
                    RandomStrategy());
  const Selection selection = pipeline.select(40);
  REQUIRE(selection.size() == 37);
  for (const Pick& pick : selection) REQUIRE(bad.count(pick.index) == 0);
}

TEST_CASE("the rows of failed samples are NaN in what score() gives") {
  Pipeline pipeline(undecodable(40, {5, 39}), toy_decoder(), toy_model(),
                    Margin(), {.batch = 16});
  const ScoredPool scored = pipeline.score();
  for (Eigen::Index i = 0; i < 40; ++i) {
    const bool bad = i == 5 || i == 39;
    REQUIRE(scored.probabilities.row(i).array().isNaN().all() == bad);
    REQUIRE(scored.embeddings.row(i).array().isNaN().all() == bad);
  }
  REQUIRE(scored.run.failed == 2);
}

TEST_CASE("score() then a selection is what select() gives, sample by sample") {
  // Some samples fail, of others nothing but the embedding is not finite.
  const std::set<std::size_t> bare{3, 8, 59};
  const MemorySource pool = marked(60, bare);
  const auto source = unreadable(pool, {20, 21});
  const test::HookedModel model = nan_where_marked(true);
  const PipelineOptions options{.batch = 16};
  Pipeline scoring(source, toy_decoder(), model, Margin(), options);
  const ScoredPool scored = scoring.score();
  REQUIRE(failed_rows(scored.run) == std::vector<std::size_t>{20, 21});
  REQUIRE(scored.run.notes ==
          std::vector<std::string>{
              "embeddings of 3 samples are NaN or infinite, the first that of "
              "pool/3: these rows are NaN"});
  for (Eigen::Index i = 0; i < 60; ++i) {
    const bool failed = i == 20 || i == 21;
    const bool no_embedding =
        failed || bare.count(static_cast<std::size_t>(i)) != 0;
    REQUIRE(scored.probabilities.row(i).array().isNaN().all() == failed);
    REQUIRE(scored.embeddings.row(i).array().isNaN().all() == no_embedding);
  }

  const auto view = [](const Matrix& matrix) {
    return ArrayView(matrix.data(), {static_cast<std::size_t>(matrix.rows()),
                                     static_cast<std::size_t>(matrix.cols())});
  };
  const auto check = [&](const AnyStrategy& strategy, std::string_view input,
                         const ArrayView& array, std::size_t count) {
    PoolView::Parts parts{.rows = 60, .inputs = {{input, array}}};
    parts.candidates =
        (input == inputs::embeddings ? check_finite(array, input)
                                     : check_probabilities(array))
            .candidates();
    for (std::size_t i = 0; i < 60; ++i) {
      parts.keys.push_back(seeded_hash(0, pool.sample(i).id));
    }
    SelectContext context;
    const RankedPicks ranked =
        select_from(strategy, PoolView(parts), 60, context);
    Pipeline pipeline(source, toy_decoder(), model, strategy, options);
    const Selection selected = pipeline.select(60);
    REQUIRE(ranked.size() == count);
    REQUIRE(selected.size() == count);
    for (std::size_t rank = 0; rank < count; ++rank) {
      REQUIRE(selected[rank].index == ranked[rank].index);
    }
  };
  check(Margin(), inputs::probabilities, view(scored.probabilities), 58);
  check(KCenter(), inputs::embeddings, view(scored.embeddings), 55);
}

TEST_CASE("a model without one sound embedding can still be scored with") {
  test::HookedModel model;
  model.hook = [](const SlabView&, Predictions& p) {
    p.embeddings.setConstant(std::nanf(""));
  };
  Pipeline pipeline(toy_pool(200), toy_decoder(), model, Margin());
  const ScoredPool scored = pipeline.score();
  REQUIRE(scored.run.failed == 0);
  REQUIRE(scored.probabilities.allFinite());
  REQUIRE(scored.embeddings.array().isNaN().all());
}

TEST_CASE("a fraction of the pool may be bad, and not one sample more") {
  const auto outcome = [](std::size_t n, std::size_t bad, double fraction) {
    std::set<std::size_t> rows;
    for (std::size_t i = 0; i < bad; ++i) rows.insert(n - 1 - 2 * i);
    Pipeline pipeline(undecodable(n, rows), toy_decoder(), toy_model(),
                      Margin(), {.batch = 8, .errors = {.max_bad = fraction}});
    return error_id([&] { pipeline.select(1); });
  };
  REQUIRE(outcome(100, 10, 0.1) == "");
  REQUIRE(outcome(100, 11, 0.1) == "pipeline.too_many_bad");
  REQUIRE(outcome(100, 29, 0.29) == "");  // 0.29 · 100 < 29 in binary
  REQUIRE(outcome(100, 30, 0.29) == "pipeline.too_many_bad");
  REQUIRE(outcome(100, 0, 0.0) == "");
  REQUIRE(outcome(100, 1, 0.0) == "pipeline.too_many_bad");
  REQUIRE(outcome(9, 1, 0.1) == "pipeline.too_many_bad");
  REQUIRE(outcome(20, 10, 1.0) == "");
}

TEST_CASE("too many bad samples are counted by kind, and the first are named") {
  std::set<std::size_t> short_ones;
  for (std::size_t i = 1; i < 100; i += 10) short_ones.insert(i);
  const MemorySource pool = undecodable(100, short_ones);
  Pipeline pipeline(unreadable(pool, {2, 5}), toy_decoder(), toy_model(),
                    Margin(), {.batch = 128, .threads = 1});
  std::string message = error_message([&] { pipeline.select(1); });
  CAPTURE(message);
  REQUIRE_THAT(message, Catch::Contains(" of 100 samples, 10 allowed"));
  REQUIRE_THAT(message, Catch::Contains(" × decode.size"));
  REQUIRE_THAT(message, Catch::Contains(" × file.read"));
  // All of them remain to be listed.
  const RunSummary& run = pipeline.last_run();
  REQUIRE(run.failed > 10);
  REQUIRE(run.failures.size() == run.failed);
  REQUIRE_THAT(message, Catch::Contains("the first: " + run.failures[0].id +
                                        ", " + run.failures[1].id));
}

TEST_CASE("the policy stop ends at the first bad sample by index", "[graph]") {
  // Later ones fail sooner: they are the last of their slabs to be found.
  const std::set<std::size_t> bad{77, 90, 91, 130, 199};
  const std::size_t threads = GENERATE(1, 2, 7);
  const std::size_t batch = GENERATE(5, 64);
  const MemorySource pool = toy_pool(200);
  const test::HookedSource source{
      pool, [&](std::size_t i, const Bytes& bytes) -> Result<Bytes> {
        if (i == 77) test::nap(0.005);
        if (bad.count(i) != 0) {
          return Failure{"file.read", "sector " + std::to_string(i), "dust it"};
        }
        return bytes;
      }};
  Pipeline pipeline(source, toy_decoder(), toy_model(), Margin(),
                    {.batch = batch,
                     .threads = threads,
                     .errors = {.on_error = OnError::stop}});
  try {
    pipeline.select(10);
    FAIL("no error");
  } catch (const Error& error) {
    REQUIRE(error.id() == "pipeline.bad_sample");
    REQUIRE(error.message() == "pool/77: file.read: sector 77");
    REQUIRE(error.hint() == "dust it");
  }
  REQUIRE(pipeline.last_run().failures.front().index == 77);
}

TEST_CASE("the policy stop finds an earlier sample that fails later",
          "[graph]") {
  // Sample 3 fails in the model, sample 70 already when it is read.
  const MemorySource pool = marked(100, {3});
  for (int i = 0; i < 10; ++i) {
    Pipeline pipeline(
        unreadable(pool, {70}), toy_decoder(), nan_where_marked(), Margin(),
        {.batch = 8, .threads = 3, .errors = {.on_error = OnError::stop}});
    REQUIRE_THAT(error_message([&] { pipeline.select(10); }),
                 Catch::StartsWith("pool/3: model.not_finite"));
  }
}

TEST_CASE("the first samples all failing alike stop the run", "[graph]") {
  const std::size_t threads = GENERATE(1, 4);
  const MemorySource pool = toy_pool(400);
  std::atomic<std::size_t> reads = 0;
  // From this one on a read takes so long that a run which stops cannot have
  // read all, whatever else the machine does.
  std::size_t slow_from = 200;
  const auto outcome = [&](std::size_t fail_before, std::size_t odd_one,
                           ErrorPolicy policy) {
    reads = 0;
    const test::HookedSource source{
        pool, [&](std::size_t i, const Bytes& bytes) -> Result<Bytes> {
          ++reads;
          if (i >= slow_from) test::nap(0.02);
          if (i == odd_one) return Failure{"file.permission", "keep out"};
          if (i < fail_before) return Failure{"file.not_found", "gone"};
          return bytes;
        }};
    Pipeline pipeline(source, toy_decoder(), toy_model(), Margin(),
                      {.batch = 16,
                       .threads = threads,
                       .errors = policy,
                       .slabs = 2,
                       .reads = 4});
    return error_id([&] { pipeline.select(10); });
  };
  const std::size_t none = 1000;
  REQUIRE(outcome(400, none, {}) == "pipeline.all_alike");
  REQUIRE(reads < 400);
  slow_from = none;
  REQUIRE(outcome(50, none, {.max_bad = 1.0}) == "pipeline.all_alike");
  REQUIRE(outcome(49, none, {.max_bad = 1.0}) == "");
  REQUIRE(outcome(60, 20, {.max_bad = 1.0}) == "");
  REQUIRE(outcome(400, none, {.max_bad = 1.0, .alike_limit = 0}) == "");
  REQUIRE(outcome(400, none, {.max_bad = 1.0, .alike_limit = 401}) == "");
  REQUIRE(outcome(400, none, {.max_bad = 1.0, .alike_limit = 400}) ==
          "pipeline.all_alike");
  REQUIRE(outcome(400, 20, {}) == "pipeline.too_many_bad");
  REQUIRE(outcome(49, none, {}) == "pipeline.too_many_bad");
}

TEST_CASE("a model that gives nothing finite is found out") {
  test::HookedModel model;
  model.hook = [](const SlabView&, Predictions& p) {
    p.probabilities.setConstant(std::nanf(""));
  };
  Pipeline pipeline(toy_pool(200), toy_decoder(), model, Margin());
  const std::string message = error_message([&] { pipeline.select(3); });
  REQUIRE_THAT(message, Catch::Contains("50 samples") &&
                            Catch::Contains("model.not_finite"));
}

TEST_CASE("what is wrong with the run stops it with that failure", "[graph]") {
  const MemorySource pool = toy_pool(300);
  std::atomic<std::size_t> reads = 0;
  const test::HookedSource source{
      pool, [&](std::size_t i, const Bytes& bytes) -> Result<Bytes> {
        ++reads;
        if (i == 40) {
          return Failure{"test.credentials", "expired", "log in", Blame::run};
        }
        if (i > 100) test::nap(0.02);
        return bytes;
      }};
  Pipeline pipeline(source, toy_decoder(), toy_model(), Margin(),
                    {.batch = 8, .threads = 2, .reads = 4});
  try {
    pipeline.select(3);
    FAIL("no error");
  } catch (const Error& error) {
    REQUIRE(error.id() == "test.credentials");
    REQUIRE(error.message() == "expired");
    REQUIRE(error.hint() == "log in");
  }
  REQUIRE(reads < 300);
  REQUIRE(pipeline.last_run().failures.empty());
}

struct Broken : std::runtime_error {
  Broken() : std::runtime_error("out of paper") {}
};

/// Throws in its `fatal`-th call, from 1.
struct Thrower {
  std::shared_ptr<std::atomic<std::size_t>> calls =
      std::make_shared<std::atomic<std::size_t>>(0);
  std::size_t fatal = 20;
  void operator()() const {
    if (++*calls == fatal) throw Broken();
  }
};

TEST_CASE("a part that throws ends the run, not the program", "[graph]") {
  const MemorySource pool = toy_pool(200);
  const PipelineOptions options{.batch = 8, .threads = GENERATE(1U, 3U)};
  const Thrower thrower;
  const auto told = [](auto&& pipeline, std::string_view part) {
    const auto run = [&] {
      pipeline.select(3);
    };
    const std::string message = error_message(run);
    REQUIRE(message == std::string(part) + " threw an exception: out of paper");
    // It threw once: the pipeline is fit for another run.
    REQUIRE(error_id(run) == "");
  };
  SECTION("the source") {
    const test::HookedSource source{pool, [=](std::size_t, const Bytes& bytes) {
                                      thrower();
                                      return Result<Bytes>(bytes);
                                    }};
    told(Pipeline(source, toy_decoder(), toy_model(), Margin(), options),
         "the source");
  }
  SECTION("the decoder") {
    test::HookedDecoder decoder;
    decoder.hook = [=](const Bytes&) {
      thrower();
      return Result<void>();
    };
    told(Pipeline(pool, decoder, toy_model(), Margin(), options),
         "the decoder");
  }
  SECTION("the model") {
    test::HookedModel model;
    model.hook = [=](const SlabView&, Predictions&) {
      Thrower third = thrower;
      third.fatal = 3;
      third();
    };
    told(Pipeline(pool, toy_decoder(), model, Margin(), options), "the model");
  }
  SECTION("a pointwise strategy") {
    struct Moody : Pointwise<Moody> {
      Thrower thrower;
      double score(const Prediction&) const {
        thrower();
        return 1.0;
      }
    };
    Moody moody;
    moody.thrower = thrower;
    told(Pipeline(pool, toy_decoder(), toy_model(), moody, options),
         "the strategy");
  }
  SECTION("a set strategy") {
    struct Moody : SetWise<Moody> {
      Thrower thrower;
      std::vector<RankedPick> select(const PoolView&, std::size_t,
                                     SelectContext&) const {
        thrower();
        return {};
      }
    };
    Moody moody;
    moody.thrower = thrower;
    moody.thrower.fatal = 1;
    told(Pipeline(pool, toy_decoder(), toy_model(), moody, options),
         "the strategy");
  }
  SECTION("the progress hook") {
    PipelineOptions watched = options;
    Thrower first = thrower;
    first.fatal = 1;
    watched.progress = [=](const Progress&) {
      first();
      return Flow::go_on;
    };
    told(Pipeline(pool, toy_decoder(), toy_model(), Margin(), watched),
         "the progress hook");
  }
}

TEST_CASE("a source that throws when asked for a name is named", "[graph]") {
  struct Nameless {
    MemorySource pool;
    Thrower thrower;
    std::size_t size() const { return pool.size(); }
    Sample sample(std::size_t i) const {
      thrower();
      return pool.sample(i);
    }
    Result<Bytes> read(std::size_t i) const { return pool.read(i); }
  };
  // Asked in turn for the seeded hash of a sample that is scored, for the name
  // of one that is bad, for what is labelled, and for what is picked.
  const std::size_t fatal = GENERATE(1, 20, 101, 120);
  const bool bad = GENERATE(false, true);
  const bool labelled = GENERATE(false, true);
  CAPTURE(fatal, bad, labelled);
  Nameless source{bad ? undecodable(100, {50}) : toy_pool(100), Thrower()};
  source.thrower.fatal = fatal;
  PipelineOptions options{.batch = 8, .threads = 2};
  if (labelled) options.labelled.add({"pool/7"});
  for (const AnyStrategy& strategy :
       {AnyStrategy(Margin()), AnyStrategy(KCenter())}) {
    *source.thrower.calls = 0;
    Pipeline pipeline(source, toy_decoder(), toy_model(), strategy, options);
    REQUIRE(error_message([&] { pipeline.select(30); }) ==
            "the source threw an exception: out of paper");
  }
}

TEST_CASE("an Error of a part comes out as it is") {
  test::HookedModel model;
  model.hook = [](const SlabView&, Predictions&) {
    raise("test.out_of_memory", "the device is full", "smaller batches");
  };
  Pipeline pipeline(toy_pool(50), toy_decoder(), model, Margin());
  try {
    pipeline.select(1);
    FAIL("no error");
  } catch (const Error& error) {
    REQUIRE(error.id() == "test.out_of_memory");
    REQUIRE(error.message() == "the device is full");
    REQUIRE(error.hint() == "smaller batches");
  }
}

TEST_CASE("predictions of another shape than announced are an error") {
  test::HookedModel model;
  SECTION("rows") {
    model.hook = [](const SlabView& view, Predictions& p) {
      p.probabilities.resize(static_cast<Eigen::Index>(view.rows) - 1,
                             test::toy_classes);
    };
  }
  SECTION("classes") {
    model.hook = [](const SlabView& view, Predictions& p) {
      p.logits.resize(static_cast<Eigen::Index>(view.rows), 7);
    };
  }
  SECTION("embeddings") {
    model.hook = [](const SlabView&, Predictions& p) {
      p.embeddings.resize(0, 0);
    };
  }
  Pipeline pipeline(toy_pool(50), toy_decoder(), model, KCenter());
  REQUIRE(error_id([&] { pipeline.select(1); }) == "pipeline.predictions");
}

TEST_CASE("embeddings that nobody needs are not looked at") {
  test::HookedModel model;
  model.hook = [](const SlabView&, Predictions& p) {
    p.embeddings.setConstant(std::nanf(""));
  };
  Pipeline pipeline(toy_pool(50), toy_decoder(), model, Margin());
  REQUIRE(pipeline.select(5).size() == 5);
}

TEST_CASE("scores and probabilities that cannot be ranked are an error") {
  const MemorySource pool = toy_pool(50);
  struct NotANumber : Pointwise<NotANumber> {
    double score(const Prediction&) const { return std::nan(""); }
  };
  Pipeline unscored(pool, toy_decoder(), toy_model(), NotANumber());
  REQUIRE(error_id([&] { unscored.select(1); }) == "strategy.bad_score");

  test::HookedModel sigmoids;
  sigmoids.hook = [](const SlabView&, Predictions& p) {
    p.probabilities.setConstant(0.5F);
  };
  for (const AnyStrategy& strategy : {AnyStrategy(Margin())}) {
    Pipeline pipeline(pool, toy_decoder(), sigmoids, strategy,
                      {.batch = 8, .threads = 1});
    REQUIRE_THAT(error_message([&] { pipeline.select(1); }),
                 Catch::Contains("pool/0") && Catch::Contains("2.5"));
  }
  // Nobody who does not need them minds.
  Pipeline pipeline(pool, toy_decoder(), sigmoids, KCenter());
  REQUIRE(pipeline.select(3).size() == 3);
  REQUIRE(pipeline.score().run.scored == 50);
}

TEST_CASE("a set strategy that breaks its laws is found out") {
  struct Greedy : SetWise<Greedy> {
    std::vector<RankedPick> select(const PoolView&, std::size_t,
                                   SelectContext&) const {
      return {{3, 1.0}, {3, 1.0}};
    }
  };
  Pipeline pipeline(toy_pool(50), toy_decoder(), toy_model(), Greedy());
  REQUIRE(error_id([&] { pipeline.select(5); }) == "strategy.bad_pick");
}

}  // namespace
}  // namespace quarry
