// The limit: how fast libtorch alone runs a TorchScript network on batches that
// lie in memory, decoded, before the clock starts. No line of Quarry.
//
//   limit_bare_inference --model M.pt [--threads 2] [--batch 128]
//       [--samples 10000] [--height 32] [--width 32] [--channels 3]
//       [--scale S] [--mean a,b,c] [--std a,b,c] [--precision fp32|bf16]
//       [--device cpu|cuda] [--variant NAME]
//
// Every thread runs batches of its own with one thread inside an operator; on a
// GPU, where the batches lie in its memory, on a stream of its own, for which
// it waits at the end. Each variant of the same network is tried for a moment,
// unless one is named; the fastest one is measured. Prints one JSON object.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <ATen/Parallel.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "../flags.hpp"
#include "../stopwatch.hpp"
#include "network.hpp"

namespace {

constexpr int turns = 3;  // in which each variant is tried; its best one counts

class Bench {
 public:
  explicit Bench(const Flags& flags)
      : threads_(flags.count("threads")),
        batch_(flags.count("batch")),
        device_(device_of(flags)) {
    for (std::size_t n = 0; n < flags.count("samples"); n += batch_) {
      batches_.push_back(
          torch::randint(256, shape_of(flags, batch_), torch::kByte)
              .to(device_));
    }
  }

  std::size_t samples() const { return batches_.size() * batch_; }

  /// For the first `count` batches.
  Spent run(Network& network, std::size_t count) {
    count = std::min(count, batches_.size());
    std::atomic<std::size_t> next = 0;
    std::atomic<std::size_t> ready = 0;
    std::atomic<bool> go = false;
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < threads_; ++t) {
      threads.emplace_back([&] {
        const c10::impl::VirtualGuardImpl streams(device_.type());
        const c10::Stream stream =
            device_.is_cpu() ? streams.getStream(device_)
                             : streams.getStreamFromGlobalPool(device_);
        const c10::StreamGuard guard(stream);
        for (int warm = 0; warm < 3; ++warm) infer(network, batches_[0]);
        stream.synchronize();
        ++ready;
        while (!go) std::this_thread::yield();
        for (std::size_t i; (i = next++) < count;) infer(network, batches_[i]);
        stream.synchronize();
      });
    }
    while (ready < threads_) std::this_thread::yield();
    const Stopwatch watch;
    go = true;
    for (std::thread& thread : threads) thread.join();
    return watch.spent();
  }

 private:
  void infer(Network& network, const at::Tensor& pixels) {
    const at::Tensor probabilities = network.infer(pixels);
    if (device_.is_cpu()) sum_ = sum_ + probabilities[0][0].item<float>();
  }

  std::size_t threads_;
  std::size_t batch_;
  c10::Device device_;
  std::vector<at::Tensor> batches_;
  std::atomic<float> sum_ = 0.0F;  // so that nothing is left out
};

void measure(const Flags& flags) {
  at::set_num_threads(1);
  Bench bench(flags);
  std::vector<Network> all = networks(flags);
  std::vector<double> times(all.size(), std::numeric_limits<double>::max());
  const std::size_t some =
      std::max<std::size_t>(8, bench.samples() / flags.count("batch") / 10);
  for (int turn = 0; turn < turns && all.size() > 1; ++turn) {
    for (std::size_t i = 0; i < all.size(); ++i)
      times[i] = std::min(times[i], bench.run(all[i], some).seconds);
  }
  const auto best = std::min_element(times.begin(), times.end());
  Network& network = all.at(static_cast<std::size_t>(best - times.begin()));
  const Spent spent = bench.run(network, bench.samples());
  std::string tried;
  for (std::size_t i = 0; i < all.size() && all.size() > 1; ++i) {
    tried += (i == 0 ? "\"" : ", \"") + all[i].name +
             "\": " + std::to_string(times[i]);
  }
  print_result(
      "limit_bare_inference", bench.samples(), spent,
      ", \"variant\": \"" + network.name + "\", \"tried\": {" + tried + "}");
}

}  // namespace

int main(int argc, char** argv) {
  return run_benchmark("limit_bare_inference", [&] {
    measure(
        Flags(argc, argv,
              with_network(
                  {{"threads", "2"}, {"batch", "128"}, {"samples", "10000"}})));
  });
}
