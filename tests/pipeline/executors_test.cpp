// How many batches are inferred at once.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <thread>

#include "quarry/pipeline/pipeline.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "oracle.hpp"

namespace quarry {
namespace {

/// The toy, slowly, and how many of its replicas were at work at once.
struct Counted {
  ToyModel inner = test::toy_model();
  std::shared_ptr<std::atomic<int>> at_once =
      std::make_shared<std::atomic<int>>(0);
  std::shared_ptr<std::atomic<int>> most =
      std::make_shared<std::atomic<int>>(0);

  Predictions infer(const SlabView& slab) {
    const int now = ++*at_once;
    int before = *most;
    while (now > before && !most->compare_exchange_weak(before, now)) {
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    --*at_once;
    return inner.infer(slab);
  }
  SampleSpec input() const { return inner.input(); }
  std::vector<std::string> classes() const { return inner.classes(); }
  std::string fingerprint() const { return inner.fingerprint(); }
  Counted replicate() const { return *this; }
};

TEST_CASE("no more batches are inferred at once than there are executors",
          "[graph]") {
  const std::size_t executors = GENERATE(1, 2);
  const Counted model;
  Pipeline pipeline(test::toy_pool(400), test::toy_decoder(), model, Margin(),
                    {.batch = 10, .threads = 4, .executors = executors});
  const Selection selection = pipeline.select(20);
  CHECK(selection.run.executors == executors);
  CHECK(selection.run.threads == 4);
  CHECK(*model.most <= static_cast<int>(executors));

  const Counted other;
  Pipeline usual(test::toy_pool(400), test::toy_decoder(), other, Margin(),
                 {.batch = 10, .threads = 4});
  const Selection same = usual.select(20);
  CHECK(same.run.executors == 4);
  REQUIRE(same.size() == selection.size());
  for (std::size_t i = 0; i < same.size(); ++i)
    CHECK(same[i].index == selection[i].index);
}

/// The toy, which stops the run in its first batch.
struct Stopping {
  std::stop_source* stop = nullptr;
  std::size_t* inferred = nullptr;
  ToyModel inner = test::toy_model();

  Predictions infer(const SlabView& slab) {
    ++*inferred;
    stop->request_stop();
    return inner.infer(slab);
  }
  SampleSpec input() const { return inner.input(); }
  std::vector<std::string> classes() const { return inner.classes(); }
  std::string fingerprint() const { return inner.fingerprint(); }
  Stopping replicate() const { return *this; }
};

TEST_CASE("batches that wait when the run is stopped are not computed",
          "[graph]") {
  std::stop_source stop;
  std::size_t inferred = 0;
  // The batches of a slab are handed over together.
  Pipeline pipeline(test::toy_pool(64), test::toy_decoder(),
                    Stopping{&stop, &inferred}, Margin(),
                    {.batch = 8, .executors = 1, .stop = stop.get_token()});
  const Selection selection = pipeline.select(8);
  CHECK(selection.stopped == Stopped::cancelled);
  CHECK(selection.empty());
  CHECK(inferred == 1);
  const auto& stages = selection.run.stages;
  const auto infer = std::find_if(
      stages.begin(), stages.end(),
      [](const StageTime& stage) { return stage.stage == "infer"; });
  REQUIRE(infer != stages.end());
  CHECK(infer->items == 8);
}

TEST_CASE("while one batch stalls, all others go on", "[graph]") {
  // The first batch waits for the rest of the pool, up to a deadline.
  struct Stalling {
    ToyModel inner = test::toy_model();
    std::shared_ptr<std::atomic<int>> begun =
        std::make_shared<std::atomic<int>>(0);
    std::shared_ptr<std::atomic<int>> done =
        std::make_shared<std::atomic<int>>(0);
    std::shared_ptr<std::atomic<bool>> went_on =
        std::make_shared<std::atomic<bool>>(false);
    std::stop_source stop = {};
    int rest = 39;
    bool cancels = false;

    Predictions infer(const SlabView& slab) {
      const bool first = (*begun)++ == 0;
      if (first) {
        const auto late =
            std::chrono::steady_clock::now() + std::chrono::seconds(5);
        while (*done < rest && std::chrono::steady_clock::now() < late)
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
        *went_on = *done == rest;
        if (cancels) stop.request_stop();
      }
      Predictions predictions = inner.infer(slab);
      ++*done;
      return predictions;
    }
    SampleSpec input() const { return inner.input(); }
    std::vector<std::string> classes() const { return inner.classes(); }
    std::string fingerprint() const { return inner.fingerprint(); }
    Stalling replicate() const { return *this; }
  };
  const bool cancels = GENERATE(false, true);
  const Stalling model{.cancels = cancels};
  Pipeline pipeline(test::toy_pool(400), test::toy_decoder(), model, Margin(),
                    {.batch = 10,
                     .threads = 2,
                     .executors = 2,
                     .stop = model.stop.get_token()});
  const Selection selection = pipeline.select(20);
  CHECK(*model.went_on);
  if (cancels) {
    // What had come by then is there; the batch that stalled is not.
    CHECK(selection.stopped == Stopped::cancelled);
    CHECK(selection.run.scored < 400);
    return;
  }
  CHECK(selection.stopped == Stopped::budget_met);
  Pipeline usual(test::toy_pool(400), test::toy_decoder(), test::toy_model(),
                 Margin(), {.batch = 10});
  const Selection same = usual.select(20);
  for (std::size_t i = 0; i < 20; ++i)
    CHECK(same[i].index == selection[i].index);
}

TEST_CASE("an asynchronous model has one executor, whatever was asked for",
          "[graph]") {
  Pipeline pipeline(test::toy_pool(40), test::toy_decoder(), test::AsyncToy(),
                    Margin(), {.batch = 10, .threads = 2, .executors = 2});
  CHECK(pipeline.select(5).run.executors == 1);
}

TEST_CASE("a model without memory for slabs ends the run in words", "[graph]") {
  struct Poor : test::HookedModel {
    std::shared_ptr<std::byte[]> make_slab(std::size_t /*bytes*/) const {
      throw std::runtime_error("no pinned memory");
    }
    Poor replicate() const { return *this; }
  };
  Poor model;
  model.hook = [](const SlabView&, Predictions&) {
  };
  Pipeline pipeline(test::toy_pool(40), test::toy_decoder(), model, Margin());
  CHECK(test::error_id([&] { pipeline.select(5); }) == "pipeline.part_threw");
}

}  // namespace
}  // namespace quarry
