#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "quarry/core/error.hpp"
#include "quarry/model/toy_model.hpp"

#include "fake_device.hpp"
#include "model/device_lane.hpp"

namespace quarry::test {

/// Two streams of the fake device.
class FakeLane final : public detail::DeviceLane {
 public:
  explicit FakeLane(FakeDevice& device)
      : device_(device),
        copies_(device.new_streams(2)),
        kernels_(copies_ + 1) {}

  /// Begins something on the queue that is being filled.
  void begin(FakeDevice::Engine engine, double seconds,
             FakeDevice::Effect effect) {
    device_.put(current_, engine, seconds, std::move(effect));
  }

 private:
  void follow_caller() override {}
  void put(Queue queue, const Begin& begin) override {
    current_ = queue == Queue::copies ? copies_ : kernels_;
    begin();
  }
  void follow_copies() override {
    device_.block(kernels_, device_.record(copies_));
  }
  void wait() override { device_.wait(device_.record(kernels_)); }

  FakeDevice& device_;
  std::size_t copies_;
  std::size_t kernels_;
  std::size_t current_ = 0;
};

/// The toy model on the fake device: bytes go there, predictions come back.
struct DeviceToy {
  /// What a batch takes.
  struct Cost {
    double copy_in = 1.0;
    double compute = 2.0;
    double copy_out = 0.25;
    std::size_t bytes = 0;  ///< while it is computed
  };

  DeviceToy(ToyModel toy, std::shared_ptr<FakeDevice> on, Cost each)
      : model(std::move(toy)),
        device(std::move(on)),
        lanes(std::make_shared<detail::LanePool<FakeLane>>(
            [d = device.get()] { return std::make_unique<FakeLane>(*d); })),
        cost(each) {}

  ToyModel model;
  std::shared_ptr<FakeDevice> device;
  std::shared_ptr<detail::LanePool<FakeLane>> lanes;
  Cost cost;
  /// Called before a batch is computed, when its copy is under way.
  std::function<void()> hook = [] {
  };

  Predictions infer(const SlabView& slab) {
    using Engine = FakeDevice::Engine;
    const FakeDevice::Host host(*device);
    FakeDevice::Memory input;
    FakeDevice::Memory workspace;
    Predictions there;
    Predictions here;
    const detail::LanePool<FakeLane>::Taken lane(*lanes);
    try {
      lane->run(
          [&] {
            input = device->allocate(slab.bytes.size());
            lane->begin(Engine::to_device, cost.copy_in, [&] {
              std::copy(slab.bytes.begin(), slab.bytes.end(), input->begin());
            });
          },
          [&] {
            hook();
            workspace = device->allocate(cost.bytes);
            lane->begin(Engine::compute, cost.compute, [&] {
              there = model.infer({*input, slab.rows, slab.spec});
            });
          },
          [&] {
            lane->begin(Engine::to_host, cost.copy_out, [&] { here = there; });
          });
    } catch (const std::bad_alloc&) {
      raise("model.memory", "the device has no memory for a batch");
    }
    return here;
  }
  SampleSpec input() const { return model.input(); }
  std::vector<std::string> classes() const { return model.classes(); }
  std::string fingerprint() const { return model.fingerprint(); }
  DeviceToy replicate() const { return *this; }
  std::size_t embedding_dim() const { return model.embedding_dim(); }
  std::size_t default_executors(std::size_t /*threads*/) const { return 2; }
};

}  // namespace quarry::test
