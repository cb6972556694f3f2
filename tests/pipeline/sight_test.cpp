// What a run says of its own time: stages, timelines, bottleneck, trace. All
// comparisons hold on a machine however busy: what takes its time sleeps.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "quarry/pipeline/pipeline.hpp"
#include "quarry/strategy/diversity/k_center.hpp"
#include "quarry/strategy/random.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

#include "core/stopwatch.hpp"
#include "error_id.hpp"
#include "fakes.hpp"
#include "pipeline/executor.hpp"
#include "trace_laws.hpp"

namespace quarry {
namespace {

using test::toy_decoder;
using test::toy_model;
using test::toy_pool;

constexpr std::size_t samples = 300;
constexpr double nap = 0.004;

const StageTime& stage_of(const RunSummary& run, std::string_view name) {
  const auto found =
      std::find_if(run.stages.begin(), run.stages.end(),
                   [&](const StageTime& stage) { return stage.stage == name; });
  REQUIRE(found != run.stages.end());
  return *found;
}

double sum(const RunSummary& run, const StageTime& stage,
           float StageSlot::*number) {
  double all = 0.0;
  for (std::size_t i = 0; i < stage.timeline.size(); ++i) {
    const double begin = run.slot_seconds * static_cast<double>(i);
    const double width = std::min(run.slot_seconds, run.seconds - begin);
    all += width * double{stage.timeline[i].*number};
  }
  return all;
}

/// What holds of every run, on any machine; `held` samples fit in its slabs.
void check_times(const RunSummary& run, std::size_t held = samples) {
  REQUIRE(run.slot_seconds > 0.0);
  REQUIRE(run.cpu > 0.0);
  REQUIRE(run.cores == default_threads());
  REQUIRE_FALSE(run.bottleneck().empty());
  for (const StageTime& stage : run.stages) {
    CAPTURE(std::string(stage.stage));
    const auto workers = static_cast<double>(stage.workers);
    REQUIRE(stage.timeline.size() <= 256);
    REQUIRE(stage.timeline.size() == run.stages[0].timeline.size());
    const auto slots = static_cast<double>(stage.timeline.size());
    REQUIRE(slots * run.slot_seconds >= run.seconds * (1 - 1e-9));
    REQUIRE((slots - 1) * run.slot_seconds < run.seconds);
    REQUIRE(stage.busy + stage.starved + stage.blocked <=
            run.seconds * workers * (1 + 1e-9));
    REQUIRE(stage.cpu >= 0.0);
    REQUIRE(sum(run, stage, &StageSlot::busy) ==
            Approx(stage.busy).epsilon(1e-5).margin(1e-9));
    REQUIRE(sum(run, stage, &StageSlot::starved) ==
            Approx(stage.starved).epsilon(1e-5).margin(1e-9));
    REQUIRE(sum(run, stage, &StageSlot::blocked) ==
            Approx(stage.blocked).epsilon(1e-5).margin(1e-9));
    for (const StageSlot& slot : stage.timeline) {
      REQUIRE(slot.busy >= 0.0F);
      REQUIRE(slot.queued >= 0.0F);
      REQUIRE(double{slot.queued} <= static_cast<double>(held) * (1 + 1e-4));
      REQUIRE(double{slot.busy} + double{slot.starved} + double{slot.blocked} <=
              workers * (1 + 1e-4));
    }
  }
}

test::HookedModel slow_model() {
  return {.hook = [](const SlabView&, Predictions&) {
    test::nap(nap);
  }};
}

test::HookedSource slow_source() {
  return {toy_pool(samples), [](std::size_t, const Bytes& bytes) {
            test::nap(nap);
            return Result<Bytes>(bytes);
          }};
}

TEST_CASE("a model that takes its time is the bottleneck", "[graph]") {
  Pipeline pipeline(toy_pool(samples), toy_decoder(), slow_model(), Margin(),
                    {.batch = 10, .threads = 1, .slabs = 3});
  const RunSummary run = pipeline.select(5).run;
  check_times(run);
  const StageTime& infer = stage_of(run, "infer");
  REQUIRE(infer.busy >= 30 * nap);
  REQUIRE(infer.items == samples);
  // Asleep, it had no core; readers waited for slabs, samples for the model.
  REQUIRE(infer.cpu < 0.5 * infer.busy);
  REQUIRE(stage_of(run, "fetch").blocked > 0.0);
  REQUIRE(sum(run, infer, &StageSlot::queued) > 0.0);
  REQUIRE(run.seconds >= 30 * nap);
}

TEST_CASE("a source that takes its time starves what comes after it",
          "[graph]") {
  Pipeline pipeline(slow_source(), toy_decoder(), toy_model(), Margin(),
                    {.batch = 10, .threads = 1, .slabs = 4, .reads = 2});
  const RunSummary run = pipeline.select(5).run;
  check_times(run);
  const StageTime& fetch = stage_of(run, "fetch");
  REQUIRE(fetch.workers == 2);
  REQUIRE(fetch.busy >= samples * nap);
  REQUIRE(fetch.items == samples);
  REQUIRE(stage_of(run, "infer").starved > 0.0);
  REQUIRE(stage_of(run, "decode").starved > 0.0);
}

TEST_CASE("readers without room are blocked, and samples wait to be decoded",
          "[graph]") {
  const test::HookedDecoder decoder{.hook = [](const Bytes&) {
    test::nap(nap / 4);
    return Result<void>();
  }};
  Pipeline pipeline(toy_pool(samples), decoder, toy_model(), Margin(),
                    {.batch = 10,
                     .threads = 1,
                     .slabs = 4,
                     .reads = 2,
                     .undecoded_bytes = 2 * test::toy_bytes});
  const RunSummary run = pipeline.select(5).run;
  check_times(run);
  const StageTime& decode = stage_of(run, "decode");
  REQUIRE(decode.busy >= samples * nap / 4);
  REQUIRE(decode.items == samples);
  REQUIRE(sum(run, decode, &StageSlot::queued) > 0.0);
  REQUIRE(stage_of(run, "fetch").blocked > 0.0);
}

TEST_CASE("asynchronous parts keep the same books", "[graph]") {
  const std::size_t batch = GENERATE(7, 64);
  Pipeline pipeline(test::AsyncPool{toy_pool(samples)}, toy_decoder(),
                    test::AsyncToy(), KCenter(),
                    {.batch = batch, .threads = 2, .slabs = 3, .reads = 20});
  for (int again = 0; again < 2; ++again) {
    const RunSummary run = pipeline.select(5).run;
    check_times(run, 3 * (batch == 7 ? 70 : 64));
    REQUIRE(stage_of(run, "fetch").workers == 20);
    REQUIRE(stage_of(run, "fetch").busy > 0.0);
    REQUIRE(stage_of(run, "fetch").items == samples);
    REQUIRE(stage_of(run, "infer").items == samples);
    REQUIRE(stage_of(run, "select").items == 5);
  }
}

TEST_CASE("an asynchronous model is starved between its batches") {
  test::AsyncToy model;
  model.reactor = std::make_shared<test::Reactor>(1);
  // None begins before all that are due have been submitted.
  std::atomic<std::size_t> submitted = 0;
  std::atomic<std::size_t> due = 0;
  model.hook = [&] {
    while (submitted < due) std::this_thread::yield();
    test::nap(nap);
    return Result<void>();
  };
  const auto executor = detail::make_executor(model, 1, false);
  detail::Slab slab(
      {.spec = test::toy_spec, .batch = 4, .classes = test::toy_classes},
      std::make_shared<std::byte[]>(4 * test::toy_bytes));
  const detail::Stopwatch watch;
  executor->begin(3, {.origin = watch.start()});
  std::atomic<std::size_t> answers = 0;
  const auto infer = [&](std::size_t batches) {
    due += batches;
    for (std::size_t i = 0; i < batches; ++i) {
      executor->submit(slab.view(0), 3, slab.sink(0),
                       [&](Result<void>) { ++answers; });
      ++submitted;
    }
    while (answers != due) std::this_thread::yield();
  };
  infer(1);
  test::nap(nap);
  infer(2);
  const detail::StageRecord record = executor->record();
  const double elapsed = watch.seconds();
  using detail::Spent;
  REQUIRE(record.items == 9);
  REQUIRE(record.workers == 1);
  REQUIRE(record.timeline.seconds(Spent::starved) >= nap);
  REQUIRE(record.timeline.seconds(Spent::busy) >= 3 * nap);
  REQUIRE(record.timeline.seconds(Spent::busy) +
              record.timeline.seconds(Spent::starved) <=
          elapsed * (1 + 1e-9));
  // Of two batches of three samples one waited while the other was at work.
  REQUIRE(record.timeline.seconds(Spent::queued) >= 3 * nap);
}

TEST_CASE("what only predicts has books, too, and so has what infers nothing") {
  Pipeline pipeline(toy_pool(samples), toy_decoder(), toy_model(), Margin(),
                    {.batch = 16});
  check_times(pipeline.score().run);
  check_times(pipeline.last_run());
  Pipeline blind(toy_pool(samples), toy_decoder(), toy_model(),
                 RandomStrategy(), {.batch = 16});
  const RunSummary run = blind.select(5).run;
  check_times(run);
  REQUIRE(run.stages.size() == 4);
}

TEST_CASE("a trace has an event for each batch of each stage", "[graph]") {
  const test::TempDir folder;
  const bool async = GENERATE(false, true);
  const std::size_t threads = GENERATE(1, 3);
  CAPTURE(async, threads);
  const MemorySource pool = toy_pool(samples);
  const AnySource source =
      async ? AnySource(test::AsyncPool{pool}) : AnySource(pool);
  const AnyModel model = async ? AnyModel(test::AsyncToy()) : toy_model();
  // A slab, and a piece, is one batch, or ten.
  const std::size_t batch = GENERATE(64, 7);
  const std::size_t batches = (samples + batch - 1) / batch;
  PipelineOptions options{.batch = batch, .threads = threads, .reads = 3};
  options.trace = folder / "trace.json";
  Pipeline pipeline(source, toy_decoder(), model, Margin(), options);
  for (int again = 0; again < 2; ++again) {
    const Selection selection = pipeline.select(7);
    const auto stages = test::check_trace(folder / "trace.json");
    REQUIRE(stages.size() == 5);
    for (const auto& [name, stage] : stages) {
      CAPTURE(name);
      const StageTime& time = stage_of(selection.run, name);
      REQUIRE(stage.samples == (name == "select" ? 7 : samples));
      REQUIRE(stage.events == (name == "select"  ? 1
                               : name == "infer" ? batches
                                                 : 5));
      REQUIRE(stage.last_end <= std::llround(1e9 * selection.run.seconds));
      if (!async) REQUIRE(stage.rows <= time.workers + 1);
    }
    REQUIRE(selection.run.notes.empty());
  }
  REQUIRE(folder.entries() == 1);
}

TEST_CASE("a trace does not change what is picked") {
  const test::TempDir folder;
  const auto picked = [&](const std::filesystem::path& trace) {
    PipelineOptions options{.batch = 16, .threads = 2};
    options.trace = trace;
    Pipeline pipeline(toy_pool(samples), toy_decoder(), toy_model(), Margin(),
                      options);
    std::vector<std::size_t> indices;
    for (const Pick& pick : pipeline.select(20)) indices.push_back(pick.index);
    return indices;
  };
  REQUIRE(picked(folder / "trace.json") == picked({}));
}

TEST_CASE("a trace is whole when the run is cancelled, or ends with an error",
          "[graph]") {
  const test::TempDir folder;
  const bool async = GENERATE(false, true);
  const std::size_t moment = GENERATE(1, 40, 130, 299);
  std::stop_source stop;
  const auto reads = std::make_shared<std::atomic<std::size_t>>(0);
  std::atomic<bool> fails = false;
  const auto hook = [&, reads](std::size_t,
                               const Bytes& bytes) -> Result<Bytes> {
    if (++*reads == moment) {
      if (fails) return Failure{"test.run", "over", "", Blame::run};
      stop.request_stop();
    }
    return bytes;
  };
  test::AsyncPool asynchronous{toy_pool(samples)};
  asynchronous.hook = hook;
  const AnySource source =
      async ? AnySource(asynchronous)
            : AnySource(test::HookedSource{toy_pool(samples), hook});
  PipelineOptions options{.batch = 16, .threads = 2};
  options.trace = folder / "trace.json";
  SECTION("cancelled") {
    options.stop = stop.get_token();
    Pipeline pipeline(source, toy_decoder(), toy_model(), Margin(), options);
    const Selection selection = pipeline.select(7);
    const auto stages = test::check_trace(folder / "trace.json");
    for (const auto& [name, stage] : stages) {
      REQUIRE(stage.samples <= (name == "select" ? 7 : samples));
    }
    check_times(selection.run);
  }
  SECTION("ended") {
    fails = true;
    Pipeline pipeline(source, toy_decoder(), toy_model(), Margin(), options);
    REQUIRE(test::error_id([&] { pipeline.select(7); }) == "test.run");
    test::check_trace(folder / "trace.json");
    check_times(pipeline.last_run());
  }
}

TEST_CASE("a trace that cannot be begun is an error before anything is read") {
  const test::TempDir folder;
  std::atomic<std::size_t> reads = 0;
  const test::HookedSource source{toy_pool(10),
                                  [&](std::size_t, const Bytes& bytes) {
                                    ++reads;
                                    return Result<Bytes>(bytes);
                                  }};
  PipelineOptions options;
  options.trace = folder / "no" / "trace.json";
  Pipeline pipeline(source, toy_decoder(), toy_model(), Margin(), options);
  REQUIRE(test::error_id([&] { pipeline.select(7); }) == "file.write");
  REQUIRE(reads == 0);
}

}  // namespace
}  // namespace quarry
