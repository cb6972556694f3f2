// How many batches are inferred at once.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include "quarry/pipeline/pipeline.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

#include "catch.hpp"
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

}  // namespace
}  // namespace quarry
