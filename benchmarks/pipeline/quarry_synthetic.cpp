// One selection from a pool that is made up as it is read: no part of it is in
// memory or on disk, so that what grows with the pool is Quarry's own.
//
//   quarry_synthetic [--samples 100000] [--strategy margin] [--budget 100]
//                    [--width 128] [--threads 2]
//                    [--input-memory 1073741824] [--scratch DIR]

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>

#include "quarry/core/random.hpp"
#include "quarry/decode/raw_decoder.hpp"
#include "quarry/model/toy_model.hpp"
#include "quarry/pipeline/pipeline.hpp"
#include "quarry/strategy/registry.hpp"

#include "../flags.hpp"
#include "../stopwatch.hpp"

namespace {

using namespace quarry;

const SampleSpec spec{.shape = {4, 4, 1}};

/// 16 random bytes a sample.
struct MadeUpSource {
  std::size_t samples;

  std::size_t size() const { return samples; }
  Sample sample(std::size_t i) const {
    return {.id = std::to_string(i), .uri = "made-up:" + std::to_string(i)};
  }
  Result<Bytes> read(std::size_t i) const {
    RandomStream random(i);
    std::string bytes(spec.bytes(), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random.below(256));
    return Bytes::take(std::move(bytes));
  }
};

/// A line of /proc/self/status, in KiB.
std::size_t status(const std::string& name) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name + ":"))
      return std::stoul(line.substr(name.size() + 1));
  }
  return 0;
}

/// The most memory of its own that the process has while this lives: without
/// pages of mapped files, which the system takes away where it needs them.
class OwnMemory {
 public:
  std::size_t stop() {
    watcher_ = {};
    return most_;
  }

 private:
  std::atomic<std::size_t> most_ = 0;
  std::jthread watcher_{[this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      most_ = std::max<std::size_t>(most_, status("RssAnon"));
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }};
};

void measure(const Flags& flags) {
  PipelineOptions options;
  options.threads = flags.count("threads");
  options.input_memory = flags.count("input-memory");
  options.scratch = flags.text("scratch");
  const std::size_t samples = flags.count("samples");
  Pipeline pipeline(
      MadeUpSource{samples}, RawDecoder({.shape = spec.shape}),
      ToyModel({.input = spec, .embedding_dim = flags.count("width")}),
      make_strategy(flags.given("strategy")), options);
  OwnMemory memory;
  const Stopwatch watch;
  const Selection selection = pipeline.select(flags.count("budget"));
  const Spent spent = watch.spent();
  print_result("quarry_synthetic", samples, spent,
               ", \"picks\": " + std::to_string(selection.size()) +
                   ", \"own_kib\": " + std::to_string(memory.stop()) +
                   ", \"peak_kib\": " + std::to_string(status("VmHWM")));
}

}  // namespace

int main(int argc, char** argv) {
  return run_benchmark("quarry_synthetic", [&] {
    measure(Flags(argc, argv,
                  {{"samples", "100000"},
                   {"strategy", "margin"},
                   {"budget", "100"},
                   {"width", "128"},
                   {"threads", "2"},
                   {"input-memory", "1073741824"},
                   {"scratch", ""}}));
  });
}
