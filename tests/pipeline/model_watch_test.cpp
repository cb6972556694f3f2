#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "quarry/pipeline/pipeline.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

#include "catch.hpp"
#include "oracle.hpp"

namespace quarry {
namespace {

/// A toy model whose first batch is not given back before `released`.
struct Stuck {
  ToyModel inner = test::toy_model();
  std::shared_ptr<std::atomic<int>> begun =
      std::make_shared<std::atomic<int>>(0);
  std::shared_ptr<std::atomic<bool>> released =
      std::make_shared<std::atomic<bool>>(false);

  Predictions infer(const SlabView& slab) {
    const bool first = (*begun)++ == 0;
    while (first && !*released)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return inner.infer(slab);
  }
  SampleSpec input() const { return inner.input(); }
  std::vector<std::string> classes() const { return inner.classes(); }
  std::string fingerprint() const { return inner.fingerprint(); }
  Stuck replicate() const { return *this; }
};

std::vector<std::size_t> picks_of(const Selection& selection) {
  std::vector<std::size_t> picks;
  for (const Pick& pick : selection) picks.push_back(pick.index);
  return picks;
}

}  // namespace

TEST_CASE("a model that gives no batch back is told of, once", "[graph]") {
  const std::size_t executors = GENERATE(1, 2);
  const Stuck model;
  using Clock = std::chrono::steady_clock;
  std::vector<Failure> told;
  Clock::duration after = {};
  const auto begin = Clock::now();
  Pipeline pipeline(test::toy_pool(400), test::toy_decoder(), model, Margin(),
                    {.batch = 10,
                     .threads = 2,
                     .executors = executors,
                     .model_timeout = 0.05,
                     .on_model_timeout = [&](const Failure& failure) {
                       told.push_back(failure);
                       after = Clock::now() - begin;
                       *model.released = true;
                     }});
  const Selection selection = pipeline.select(20);
  REQUIRE(told.size() == 1);
  CHECK(after < std::chrono::seconds(5));
  CHECK(told[0].id == "pipeline.model_timeout");
  CHECK(told[0].blame == Blame::run);
  CHECK(told[0].message.find("given none back for 0.05 s") !=
        std::string::npos);

  // It has gone on, and so has the run.
  CHECK(selection.stopped == Stopped::budget_met);
  Pipeline usual(test::toy_pool(400), test::toy_decoder(), test::toy_model(),
                 Margin(), {.batch = 10});
  CHECK(picks_of(selection) == picks_of(usual.select(20)));
}

TEST_CASE("a model that gives batches back is not told of", "[graph]") {
  bool told = false;
  Pipeline pipeline(test::toy_pool(400), test::toy_decoder(), test::toy_model(),
                    Margin(),
                    {.batch = 10,
                     .model_timeout = 600.0,
                     .on_model_timeout = [&](const Failure&) {
                       told = true;
                     }});
  CHECK(pipeline.select(20).size() == 20);
  CHECK(pipeline.select(20).size() == 20);
  CHECK_FALSE(told);
}

}  // namespace quarry
