// How batches go through a device: one with a clock of its own.
#include "model/device_lane.hpp"

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cstdint>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "quarry/core/random.hpp"

#include "catch.hpp"
#include "device_toy.hpp"
#include "error_id.hpp"

namespace quarry {
namespace {

using test::DeviceToy;
using test::FakeDevice;
using Engine = FakeDevice::Engine;
using Operations = std::vector<FakeDevice::Operation>;

constexpr std::size_t rows = 3;
const SampleSpec spec{.shape = {4, 4, 3}};

DeviceToy toy_on(std::shared_ptr<FakeDevice> device, DeviceToy::Cost cost) {
  return {ToyModel({.input = spec, .classes = 5, .embedding_dim = 6}),
          std::move(device), cost};
}

std::vector<std::byte> some_bytes(std::uint64_t seed) {
  RandomStream random(seed);
  std::vector<std::byte> bytes(rows * spec.bytes());
  for (std::byte& byte : bytes) byte = std::byte(random.below(256));
  return bytes;
}

bool same(const Predictions& a, const Predictions& b) {
  return a.logits == b.logits && a.probabilities == b.probabilities &&
         a.embeddings == b.embeddings;
}

/// Threads that infer `batches` each; the number of wrong predictions.
std::size_t infer_all(const DeviceToy& toy, std::size_t threads,
                      std::size_t batches) {
  std::atomic<std::size_t> wrong = 0;
  std::barrier together(static_cast<std::ptrdiff_t>(threads));
  std::vector<std::jthread> all;
  for (std::size_t t = 0; t < threads; ++t) {
    all.emplace_back([&, t, model = toy.replicate()]() mutable {
      const FakeDevice::Host host(*toy.device);
      together.arrive_and_wait();
      for (std::size_t i = 0; i < batches; ++i) {
        const auto bytes = some_bytes(100 * t + i);
        const SlabView slab{bytes, rows, spec};
        if (!same(model.infer(slab), model.model.infer(slab))) ++wrong;
      }
    });
  }
  all.clear();  // joins
  return wrong;
}

double end_of(const Operations& trace) {
  double end = 0.0;
  for (const auto& each : trace) end = std::max(end, each.end);
  return end;
}

Operations of(const Operations& trace, Engine engine) {
  Operations some;
  std::copy_if(trace.begin(), trace.end(), std::back_inserter(some),
               [&](const auto& each) { return each.engine == engine; });
  return some;
}

TEST_CASE("with two lanes a device takes as long as its slowest engine") {
  constexpr std::size_t batches = 10;
  struct Case {
    DeviceToy::Cost cost;
    double seconds;
  };
  const Case each =
      GENERATE(Case{{.copy_in = 1.0, .compute = 2.0, .copy_out = 0.25}, 41.25},
               Case{{.copy_in = 2.0, .compute = 1.0, .copy_out = 0.25}, 41.25},
               Case{{.copy_in = 0.25, .compute = 1.0, .copy_out = 2.0}, 41.25});
  const auto device = std::make_shared<FakeDevice>();
  CHECK(infer_all(toy_on(device, each.cost), 2, batches) == 0);
  // All batches on the slowest, and the first and the last of them elsewhere.
  CHECK(end_of(device->trace()) == each.seconds);
  CHECK(device->idle());
}

TEST_CASE("with one lane a device does one thing after the other") {
  const auto device = std::make_shared<FakeDevice>();
  CHECK(infer_all(toy_on(device, {}), 1, 20) == 0);
  CHECK(end_of(device->trace()) == 20 * 3.25);
}

TEST_CASE("a batch is computed when it has been copied, and back at the end") {
  const auto device = std::make_shared<FakeDevice>();
  CHECK(infer_all(toy_on(device, {}), 3, 8) == 0);
  const Operations trace = device->trace();
  const auto in = of(trace, Engine::to_device);
  const auto computed = of(trace, Engine::compute);
  const auto out = of(trace, Engine::to_host);
  REQUIRE(in.size() == 24);
  REQUIRE(computed.size() == 24);
  REQUIRE(out.size() == 24);
  for (const auto& kernel : computed) {
    // A lane's streams are numbered one after the other.
    CHECK(kernel.stream % 2 == 1);
    const auto nth =
        std::count_if(computed.begin(), computed.end(), [&](const auto& other) {
          return other.stream == kernel.stream && other.begin < kernel.begin;
        });
    const auto same_batch = [&](const Operations& all, std::size_t stream) {
      Operations mine;
      std::copy_if(all.begin(), all.end(), std::back_inserter(mine),
                   [&](const auto& each) { return each.stream == stream; });
      return mine.at(static_cast<std::size_t>(nth));
    };
    CHECK(same_batch(in, kernel.stream - 1).end <= kernel.begin);
    CHECK(kernel.end <= same_batch(out, kernel.stream).begin);
  }
}

TEST_CASE("a device without memory for a batch says so and takes the next") {
  const auto bytes = some_bytes(1);
  const SlabView slab{bytes, rows, spec};
  const auto device = std::make_shared<FakeDevice>(bytes.size() + 100);
  DeviceToy toy = toy_on(device, {.bytes = 101});
  const auto infer = [&] {
    toy.infer(slab);
  };
  CHECK(test::error_id(infer) == "model.memory");
  CHECK(device->idle());
  CHECK(device->trace().size() == 1);  // the copy had begun
  toy.cost.bytes = 100;
  CHECK(same(toy.infer(slab), toy.model.infer(slab)));

  const auto large = std::vector<std::byte>(3 * bytes.size());
  CHECK(test::error_id([&] {
          toy.infer({large, 3 * rows, spec});
        }) == "model.memory");
  CHECK(same(toy.infer(slab), toy.model.infer(slab)));
  // All of it was one lane.
  for (const auto& each : device->trace()) CHECK(each.stream < 2);
  CHECK_NOTHROW(device->allocate(bytes.size() + 100));
}

TEST_CASE("nothing of a batch that fails is under way") {
  const auto device = std::make_shared<FakeDevice>();
  DeviceToy toy = toy_on(device, {});
  const auto bytes = some_bytes(1);
  const SlabView slab{bytes, rows, spec};
  toy.hook = [] {
    throw std::runtime_error("a kernel");
  };
  CHECK_THROWS_WITH(toy.infer(slab), "a kernel");
  CHECK(device->idle());
  toy.hook = [] {
  };
  CHECK(same(toy.infer(slab), toy.model.infer(slab)));
}

TEST_CASE("lanes are used again, the last one first") {
  int made = 0;
  detail::LanePool<int> pool([&] { return std::make_unique<int>(made++); });
  using Taken = detail::LanePool<int>::Taken;
  const auto number = [](const Taken& lane) {
    return *lane.operator->();
  };
  {
    const Taken first(pool);
    const Taken second(pool);
    CHECK(number(first) == 0);
    CHECK(number(second) == 1);
  }
  const Taken again(pool);
  CHECK(number(again) == 0);
  CHECK(made == 2);
}

}  // namespace
}  // namespace quarry
