// The whole graph with a model on a device that has a clock of its own.
#include <atomic>
#include <memory>
#include <new>
#include <utility>

#include "quarry/pipeline/pipeline.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

#include "catch.hpp"
#include "device_toy.hpp"
#include "error_id.hpp"
#include "oracle.hpp"

namespace quarry {
namespace {

using test::DeviceToy;
using test::FakeDevice;

DeviceToy device_toy() {
  return {test::toy_model(), std::make_shared<FakeDevice>(), {}};
}

template <class Model>
auto pipeline_of(Model model) {
  return Pipeline(test::toy_pool(400), test::toy_decoder(), std::move(model),
                  Margin(), {.batch = 10, .threads = 3});
}

void check_same(const Selection& got, const Selection& wanted) {
  REQUIRE(got.size() == wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    CHECK(got[i].index == wanted[i].index);
    CHECK(got[i].score == wanted[i].score);
  }
}

TEST_CASE("a device gives what the processor gives, in two executors",
          "[graph]") {
  const DeviceToy toy = device_toy();
  auto pipeline = pipeline_of(toy);
  const Selection picked = pipeline.select(40);
  CHECK(picked.run.executors == 2);
  check_same(picked, pipeline_of(test::toy_model()).select(40));
  CHECK(toy.device->idle());
  CHECK(toy.device->trace().size() == 3 * 40);
}

TEST_CASE("a run ends when the device has no memory, and the next one is whole",
          "[graph]") {
  DeviceToy toy = device_toy();
  const auto batches = std::make_shared<std::atomic<int>>(0);
  toy.hook = [batches] {
    if (++*batches == 7) throw std::bad_alloc();
  };
  auto pipeline = pipeline_of(toy);
  CHECK(test::error_id([&] { pipeline.select(40); }) == "model.memory");
  CHECK(toy.device->idle());
  check_same(pipeline.select(40), pipeline_of(test::toy_model()).select(40));
  CHECK(toy.device->idle());
}

}  // namespace
}  // namespace quarry
