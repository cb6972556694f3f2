// Batches on streams of c10: of a fake device, and of a GPU where there is one.
#include "torch/device_batches.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>

#include "quarry/model/detail/torch_engine.hpp"
#include "quarry/model/torch_net.hpp"
#include "quarry/model/torch_runtime.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "fake_device.hpp"
#include "support.hpp"

using namespace quarry;
using namespace quarry::test;

namespace {

constexpr auto fake_type = c10::DeviceType::PrivateUse1;
const c10::Device fake_device(fake_type, 0);

/// Streams and events of the fake device, for c10. Tensors stay on the CPU,
/// where everything happens at once.
class FakeGuard final : public c10::impl::DeviceGuardImplInterface {
 public:
  c10::DeviceType type() const override { return fake_type; }
  c10::Device exchangeDevice(c10::Device) const override { return fake_device; }
  c10::Device getDevice() const override { return fake_device; }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  c10::Stream getStream(c10::Device) const noexcept override {
    return stream(current);
  }
  c10::Stream getStreamFromGlobalPool(c10::Device, bool) const override {
    return stream(fake->new_stream());
  }
  c10::Stream exchangeStream(c10::Stream next) const noexcept override {
    const std::size_t before = std::exchange(current, number(next));
    log("on " + std::to_string(current));
    return stream(before);
  }
  void record(void** event, const c10::Stream& on, c10::DeviceIndex,
              c10::EventFlag) const override {
    if (*event == nullptr) *event = new FakeDevice::Event();
    as_event(*event) = fake->record(number(on));
    log("record " + std::to_string(number(on)));
  }
  void block(void* event, const c10::Stream& on) const override {
    fake->block(number(on), as_event(event));
    log(std::to_string(number(on)) + " after " +
        std::to_string(as_event(event).stream));
  }
  bool queryEvent(void* event) const override {
    fake->wait(as_event(event));
    log("wait for " + std::to_string(as_event(event).stream));
    return true;
  }
  void destroyEvent(void* event, c10::DeviceIndex) const noexcept override {
    delete &as_event(event);
  }

  static thread_local std::size_t current;
  static FakeDevice* fake;
  static std::vector<std::string> logged;

 private:
  static FakeDevice::Event& as_event(void* event) {
    return *static_cast<FakeDevice::Event*>(event);
  }
  static c10::Stream stream(std::size_t n) {
    return c10::Stream(c10::Stream::UNSAFE, fake_device,
                       static_cast<c10::StreamId>(n));
  }
  static std::size_t number(const c10::Stream& s) {
    return static_cast<std::size_t>(s.id());
  }
  static void log(std::string line) {
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    logged.push_back(std::move(line));
  }
};

thread_local std::size_t FakeGuard::current = 0;
FakeDevice* FakeGuard::fake = nullptr;
std::vector<std::string> FakeGuard::logged;

/// A fake device that c10 knows, with the stream 0 that is every thread's own.
struct Known {
  FakeDevice device;

  Known() {
    static const c10::impl::DeviceGuardImplRegistrar once(fake_type,
                                                          new FakeGuard());
    FakeGuard::fake = &device;
    FakeGuard::logged.clear();
    device.new_stream();
  }
};

/// An engine on the CPU, with a network of one convolution.
quarry::detail::TorchEngine small_engine() {
  ModelCard card{.height = 8, .width = 8, .channels = 3};
  card.preprocess.mean = {0.5, 0.4, 0.3};
  card.preprocess.std = {0.2, 0.3, 0.4};
  const auto numbers = [](const std::string& name,
                          std::vector<std::int64_t> shape) {
    std::int64_t count = 1;
    for (const std::int64_t extent : shape) count *= extent;
    return at::tensor(golden_values(name, static_cast<std::size_t>(count)))
        .to(at::kFloat)
        .view(shape);
  };
  return {card,
          at::kCPU,
          at::MemoryFormat::ChannelsLast,
          Precision::fp32,
          {[filter = numbers("filter", {6, 3, 3, 3}),
            head = numbers("head", {6, 4})](const at::Tensor& x) {
            const at::Tensor y = at::conv2d(x, filter).relu().mean({2, 3});
            return quarry::detail::NetOutput{.logits = y.matmul(head),
                                             .embeddings = y};
          }}};
}

/// What an engine computes of a batch, from its bytes on.
std::vector<at::Tensor> outputs(const quarry::detail::TorchEngine& engine,
                                const SampleSpec& spec,
                                const at::Tensor& bytes) {
  const std::size_t size = static_cast<std::size_t>(bytes.numel());
  const auto* data =
      reinterpret_cast<const std::byte*>(bytes.const_data_ptr<std::uint8_t>());
  const quarry::detail::NetOutput out = engine.forward(engine.preprocess(
      {{data, size}, static_cast<std::size_t>(bytes.size(0)), spec}));
  return {out.logits, at::softmax(out.logits, 1), out.embeddings};
}

at::Tensor as_tensor(Pixels& pixels) {
  return at::from_blob(
      pixels.bytes.data(),
      {static_cast<std::int64_t>(pixels.bytes.size() / pixels.spec.bytes()), 8,
       8, 3},
      at::kByte);
}

}  // namespace

TEST_CASE("a batch goes through two streams of its own, in order") {
  const c10::InferenceMode guard;
  Known known;
  const FakeDevice::Host host(known.device);
  quarry::detail::DeviceBatches batches(fake_device, at::kCPU);
  const auto twice = [](const at::Tensor& x) {
    FakeGuard::fake->put(FakeGuard::current, FakeDevice::Engine::compute, 1.0,
                         [] {});
    return std::vector<at::Tensor>{x + x};
  };
  const auto result = batches.run(at::ones({2, 3}), twice);
  REQUIRE(result.size() == 1);
  CHECK(result[0] == Matrix::Constant(2, 3, 2.0F));
  const std::vector<std::string> once = {
      "record 0", "1 after 0", "2 after 0",  // what the caller has begun
      "on 1",     "on 0",                    // the copy
      "record 1", "2 after 1",               //
      "on 2",     "on 0",                    // the kernels
      "on 2",     "on 0",                    // the copy back
      "record 2", "wait for 2"};
  CHECK(FakeGuard::logged == once);
  CHECK(known.device.idle());

  FakeGuard::logged.clear();
  CHECK(batches.run(at::zeros({4, 1}), twice)[0] == Matrix::Zero(4, 1));
  CHECK(FakeGuard::logged == once);
}

TEST_CASE("batches on a device give to the bit what the processor gives") {
  Known known;
  const quarry::detail::TorchEngine engine = small_engine();
  quarry::detail::DeviceBatches batches(fake_device, at::kCPU);
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> threads;
  for (std::uint64_t t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      const c10::InferenceMode guard;
      const FakeDevice::Host host(known.device);
      for (std::uint64_t i = 0; i < 6; ++i) {
        // Batches of several sizes: memory is not that of the one before.
        Pixels pixels = random_pixels(2 + i % 3, 8, 8, 3, 10 * t + i);
        const Predictions plain = engine.infer(pixels.view());
        const auto got =
            batches.run(as_tensor(pixels), [&](const at::Tensor& bytes) {
              FakeGuard::fake->put(FakeGuard::current,
                                   FakeDevice::Engine::compute, 1.0, [] {});
              return outputs(engine, pixels.spec, bytes);
            });
        wrong += got[0] != plain.logits || got[1] != plain.probabilities ||
                 got[2] != plain.embeddings;
      }
    });
  }
  threads.clear();  // joins
  CHECK(wrong == 0);
  CHECK(known.device.idle());
  CHECK(known.device.trace().size() == 12);
}

TEST_CASE("what a network throws on a device is thrown when nothing runs") {
  const c10::InferenceMode guard;
  Known known;
  const FakeDevice::Host host(known.device);
  quarry::detail::DeviceBatches batches(fake_device, at::kCPU);
  const auto fails = [](const at::Tensor&) -> std::vector<at::Tensor> {
    FakeGuard::fake->put(FakeGuard::current, FakeDevice::Engine::compute, 1.0,
                         [] {});
    TORCH_CHECK_WITH(OutOfMemoryError, false, "no memory");
  };
  CHECK_THROWS_AS(batches.run(at::ones({2, 3}), fails), c10::OutOfMemoryError);
  CHECK(known.device.idle());
  CHECK(known.device.trace().size() == 1);
  CHECK(FakeGuard::current == 0);
  const auto next = [](const at::Tensor& x) {
    return std::vector<at::Tensor>{x};
  };
  CHECK(batches.run(at::ones({2, 3}), next)[0] == Matrix::Ones(2, 3));
}

TEST_CASE("on a GPU predictions are those of the processor", "[gpu]") {
  if (!torch_runtime_info().devices.back().usable) {
    WARN("there is no GPU here");
    return;
  }
  at::globalContext().setAllowTF32CuDNN(false);
  NetOptions options{.classes = {"a", "b", "c"}, .dropout = 0.2};
  options.device = "cpu";
  TorchNet there = make_net("resnet18", options);
  options.device = "cuda";
  const TorchNet here = make_net("resnet18", options);
  CHECK(there.default_executors(8) == 8);
  CHECK(here.default_executors(8) == 2);

  const auto far = [](const Matrix& a, const Matrix& b) {
    return !(a - b).isZero(1e-4F * std::max(1.0F, b.cwiseAbs().maxCoeff()));
  };
  std::vector<Predictions> wanted;
  std::vector<Pixels> pixels;
  for (std::uint64_t i = 0; i < 16; ++i) {
    pixels.push_back(random_pixels(i % 4 == 3 ? 20 : 64, 32, 32, 3, i));
    wanted.push_back(there.infer(pixels.back().view()));
  }
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> threads;
  for (std::size_t t = 0; t < 2; ++t) {
    threads.emplace_back([&, t, net = here.replicate()]() mutable {
      for (std::size_t i = t; i < pixels.size(); i += 2) {
        const Predictions got = net.infer(pixels[i].view());
        wrong += far(got.logits, wanted[i].logits) ||
                 far(got.probabilities, wanted[i].probabilities) ||
                 far(got.embeddings, wanted[i].embeddings);
      }
    });
  }
  threads.clear();  // joins
  CHECK(wrong == 0);

  TorchNet net = here;
  CHECK_FALSE(far(net.head(wanted[0].embeddings).logits, wanted[0].logits));
  const auto drawn = net.infer_stochastic(pixels[0].view(), 3, 7);
  CHECK_FALSE(
      far(drawn.probabilities,
          there.infer_stochastic(pixels[0].view(), 3, 7).probabilities));
  CHECK(error_id([&] {
          Pixels huge{pixels[0].spec, std::size_t{1} << 21};
          huge.bytes.resize(huge.rows * huge.spec.bytes());
          net.infer(huge.view());
        }) == "model.memory");
  CHECK_FALSE(far(net.infer(pixels[1].view()).logits, wanted[1].logits));
}
