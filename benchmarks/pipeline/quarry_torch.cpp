// Quarry over a list of encoded images, with the same network, threads and
// batch as limit_bare_inference: fetching, decoding, inference, scoring,
// ranking.
//
//   quarry_torch --model M.pt --list LIST.txt [--threads 2] [--batch 128]
//       [--precision fp32|bf16] [--server PIDS] [--trace FILE]
//   quarry_torch --model M.pt --samples N [--threads 2] [--batch 128]
//       [--device cpu|cuda] [--precision fp32|bf16] [--executors 0]
//       [--trace FILE] [--device-trace FILE]
//
// Without a list the images are random pixels in memory, not encoded, of the
// size that the network takes: what is left is the way to a device and back.
// The device's trace is libtorch's own, of kernels and copies.
//
// A batch a thread is run before the clock starts, through another source.
// Prints one JSON object.

#include <algorithm>
#include <numeric>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <torch/csrc/autograd/profiler_kineto.h>

#include "quarry/model/torch_runtime.hpp"
#include "quarry/model/torch_script_model.hpp"
#include "quarry/quarry.hpp"

#include "../flags.hpp"
#include "../stopwatch.hpp"

namespace {

namespace profiler = torch::profiler::impl;

template <class Source>
quarry::Subset<Source> first(const Source& source, std::size_t count) {
  std::vector<std::size_t> rows(std::min(count, source.size()));
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  return quarry::Subset(source, std::move(rows));
}

/// Images that are not encoded.
quarry::MemorySource random_pixels(std::size_t count, std::size_t bytes) {
  std::independent_bits_engine<std::mt19937, 8, unsigned> random(1);
  // They repeat, for a large pool's sake; no prediction is kept.
  std::vector<quarry::Bytes> contents;
  for (std::size_t i = 0; i < std::min<std::size_t>(count, 256); ++i) {
    std::vector<std::byte> pixels(bytes);
    for (std::byte& byte : pixels) byte = std::byte(random());
    contents.push_back(quarry::Bytes::take(std::move(pixels)));
  }
  std::vector<quarry::MemorySource::Item> items;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string id = std::to_string(i);
    items.push_back({{.id = id, .uri = id}, contents[i % contents.size()]});
  }
  return quarry::MemorySource(std::move(items));
}

/// What runs on a GPU meanwhile, for `chrome://tracing`.
class DeviceTrace {
 public:
  explicit DeviceTrace(std::string file) : file_(std::move(file)) {
    if (file_.empty()) return;
    const profiler::ProfilerConfig config(profiler::ProfilerState::KINETO);
    const std::set<profiler::ActivityType> gpu = {profiler::ActivityType::CUDA};
    torch::autograd::profiler::prepareProfiler(config, gpu);
    torch::autograd::profiler::enableProfiler(config, gpu);
  }
  void write() {
    if (file_.empty()) return;
    torch::autograd::profiler::disableProfiler()->save(file_);
  }

 private:
  std::string file_;
};

template <class Decoder, class MakeSource>
void measure(const Flags& flags, const quarry::TorchScriptModel& model,
             const Decoder& decoder, const MakeSource& make_source) {
  quarry::PipelineOptions options{.batch = flags.count("batch"),
                                  .threads = flags.count("threads"),
                                  .executors = flags.count("executors")};
  quarry::Pipeline warm(first(make_source(), options.batch * options.threads),
                        decoder, model, quarry::Margin(), options);
  warm.select(1);

  options.trace = flags.text("trace");
  const auto pool = make_source();
  quarry::Pipeline pipeline(pool, decoder, model, quarry::Margin(), options);
  DeviceTrace device_trace(flags.text("device-trace"));
  const Stopwatch watch(flags.text("server"));
  const quarry::Selection picked = pipeline.select(pool.size() / 10);
  const Spent spent = watch.spent();
  device_trace.write();
  const quarry::RunSummary& run = picked.run;
  if (run.scored != pool.size()) {
    throw std::runtime_error(picked.full_report());
  }
  quarry::Json busy;
  for (const quarry::StageTime& stage : run.stages) {
    busy[std::string(stage.stage)] = stage.busy;
  }
  print_result("quarry", run.scored, spent,
               ", \"busy\": " + quarry::to_line(busy) +
                   ", \"peak_memory\": " + std::to_string(run.peak_memory));
}

void measure(const Flags& flags) {
  quarry::use_threads(1);
  const bool bf16 = flags.text("precision") == "bf16";
  const quarry::TorchScriptModel model(
      flags.given("model"),
      {.device = flags.text("device"),
       .precision = bf16 ? quarry::Precision::bf16 : quarry::Precision::fp32});
  const quarry::SampleSpec input = model.input();
  if (flags.text("list").empty()) {
    return measure(
        flags, model, quarry::RawDecoder({.shape = input.shape}),
        [&] { return random_pixels(flags.count("samples"), input.bytes()); });
  }
  measure(
      flags, model,
      quarry::ImageDecoder({.height = input.shape[0], .width = input.shape[1]}),
      [&] { return quarry::ManifestSource(flags.given("list")); });
}

}  // namespace

int main(int argc, char** argv) {
  return run_benchmark("quarry_torch", [&] {
    measure(Flags(argc, argv,
                  {{"model", ""},
                   {"list", ""},
                   {"samples", ""},
                   {"device", "cpu"},
                   {"precision", "fp32"},
                   {"executors", "0"},
                   {"device-trace", ""},
                   {"threads", "2"},
                   {"batch", "128"},
                   {"server", ""},
                   {"trace", ""}}));
  });
}
