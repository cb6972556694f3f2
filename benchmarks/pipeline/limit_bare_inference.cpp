// The limit: how fast libtorch alone runs a TorchScript network on batches that
// lie in memory, decoded, before the clock starts. No line of Quarry.
//
//   limit_bare_inference --model M.pt [--threads 2] [--batch 128]
//       [--samples 10000] [--height 32] [--width 32] [--channels 3]
//       [--scale S] [--mean a,b,c] [--std a,b,c] [--variant NAME]
//
// Every thread runs batches of its own with one thread inside an operator. Each
// variant of the same network is tried for a moment; the fastest one is
// measured. Prints one JSON object.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <ATen/Parallel.h>
#include <torch/script.h>

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::map<std::string, std::string> parse(int argc, char** argv) {
  std::map<std::string, std::string> flags{
      {"model", ""},     {"threads", "2"},
      {"batch", "128"},  {"samples", "10000"},
      {"height", "32"},  {"width", "32"},
      {"channels", "3"}, {"scale", "0.00392156862745098"},
      {"mean", "0,0,0"}, {"std", "1,1,1"},
      {"variant", ""}};
  for (int i = 1; i < argc; i += 2) {
    std::string name = argv[i];
    name.erase(0, std::min(name.find_first_not_of('-'), name.size()));
    if (flags.count(name) == 0 || i + 1 == argc) {
      throw std::invalid_argument("what is " + std::string(argv[i]) + "?");
    }
    flags[name] = argv[i + 1];
  }
  if (flags["model"].empty()) throw std::invalid_argument("--model is missing");
  return flags;
}

at::Tensor per_channel(const std::string& list) {
  std::vector<float> values;
  std::istringstream in(list);
  for (std::string value; std::getline(in, value, ',');) {
    values.push_back(std::stof(value));
  }
  return torch::tensor(values).view({1, -1, 1, 1});
}

struct Variant {
  std::string name;
  torch::jit::Module module;
  at::MemoryFormat format;
};

std::vector<Variant> variants(const std::string& file) {
  std::vector<Variant> all;
  for (const auto format :
       {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
    const std::string suffix =
        format == at::MemoryFormat::Contiguous ? "" : ", channels last";
    torch::jit::Module module = torch::jit::load(file);
    module.eval();
    const torch::NoGradGuard guard;
    for (const at::Tensor& p : module.parameters()) {
      if (p.dim() == 4) p.set_data(p.detach().contiguous(format));
    }
    const torch::jit::Module frozen = torch::jit::freeze(module);
    all.push_back({"frozen" + suffix, frozen, format});
    try {
      torch::jit::Module copy = frozen.clone();
      all.push_back({"optimized" + suffix,
                     torch::jit::optimize_for_inference(copy), format});
    } catch (const std::exception&) {
      // It does not work for every network.
    }
  }
  return all;
}

class Bench {
 public:
  explicit Bench(std::map<std::string, std::string> flags)
      : threads_(std::stoul(flags["threads"])),
        batch_(std::stol(flags["batch"])),
        scale_(std::stof(flags["scale"])),
        mean_(per_channel(flags["mean"])),
        std_(per_channel(flags["std"])) {
    const std::int64_t samples = std::stol(flags["samples"]);
    const std::vector<std::int64_t> shape{batch_, std::stol(flags["height"]),
                                          std::stol(flags["width"]),
                                          std::stol(flags["channels"])};
    for (std::int64_t n = 0; n < samples; n += batch_) {
      batches_.push_back(torch::randint(256, shape, torch::kByte));
    }
  }

  std::size_t samples() const {
    return batches_.size() * static_cast<std::size_t>(batch_);
  }

  /// Seconds for the first `count` batches.
  double run(Variant& variant, std::size_t count) {
    count = std::min(count, batches_.size());
    std::atomic<std::size_t> next = 0;
    std::atomic<std::size_t> ready = 0;
    std::atomic<bool> go = false;
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < threads_; ++t) {
      threads.emplace_back([&] {
        const c10::InferenceMode mode;
        const torch::jit::GraphOptimizerEnabledGuard as_it_is(false);
        for (int warm = 0; warm < 3; ++warm) infer(variant, batches_[0]);
        ++ready;
        while (!go) std::this_thread::yield();
        for (std::size_t i; (i = next++) < count;) infer(variant, batches_[i]);
      });
    }
    while (ready < threads_) std::this_thread::yield();
    const auto start = Clock::now();
    go = true;
    for (std::thread& thread : threads) thread.join();
    return seconds_since(start);
  }

 private:
  void infer(Variant& variant, const at::Tensor& pixels) {
    const at::Tensor input = pixels.permute({0, 3, 1, 2})
                                 .to(torch::kFloat)
                                 .mul_(scale_)
                                 .sub_(mean_)
                                 .div_(std_)
                                 .contiguous(variant.format);
    const auto out = variant.module.forward({input});
    const at::Tensor logits = out.isTuple()
                                  ? out.toTupleRef().elements()[0].toTensor()
                                  : out.toTensor();
    sum_ = sum_ + torch::softmax(logits, 1)[0][0].item<float>();
  }

  std::size_t threads_;
  std::int64_t batch_;
  float scale_;
  at::Tensor mean_;
  at::Tensor std_;
  std::vector<at::Tensor> batches_;
  std::atomic<float> sum_ = 0.0F;  // so that nothing is left out
};

int measure(int argc, char** argv) {
  auto flags = parse(argc, argv);
  at::set_num_threads(1);
  Bench bench(flags);
  std::vector<Variant> all = variants(flags["model"]);
  Variant* best = nullptr;
  double best_time = 0.0;
  std::cout << "{\"contender\": \"limit_bare_inference\", \"tried\": {";
  for (Variant& variant : all) {
    const bool asked =
        flags["variant"].empty() || variant.name == flags["variant"];
    if (!asked) continue;
    const std::size_t some =
        std::max<std::size_t>(8, bench.samples() / 128 / 10);
    const double time = bench.run(variant, some);
    std::cout << (best == nullptr ? "" : ", ") << '"' << variant.name
              << "\": " << time;
    if (best == nullptr || time < best_time) {
      best = &variant;
      best_time = time;
    }
  }
  if (best == nullptr) throw std::invalid_argument("no such variant");
  const double time = bench.run(*best, bench.samples());
  std::cout << "}, \"variant\": \"" << best->name
            << "\", \"samples\": " << bench.samples()
            << ", \"seconds\": " << time << ", \"samples_per_second\": "
            << static_cast<double>(bench.samples()) / time << "}\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return measure(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "limit_bare_inference: " << error.what() << '\n';
    return 2;
  }
}
