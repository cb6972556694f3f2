// Quarry over a list of encoded images, with the same network, threads and
// batch as limit_bare_inference: fetching, decoding, inference, scoring,
// ranking.
//
//   quarry_torch --model M.pt --list LIST.txt [--threads 2] [--batch 128]
//       [--server PIDS] [--trace FILE]
//
// A batch a thread is run before the clock starts, through another source.
// Prints one JSON object.

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "quarry/model/torch_runtime.hpp"
#include "quarry/model/torch_script_model.hpp"
#include "quarry/quarry.hpp"

#include "../flags.hpp"
#include "../stopwatch.hpp"

namespace {

template <class Source>
quarry::Subset<Source> first(const Source& source, std::size_t count) {
  std::vector<std::size_t> rows(std::min(count, source.size()));
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  return quarry::Subset(source, std::move(rows));
}

void measure(const Flags& flags) {
  quarry::use_threads(1);
  const quarry::TorchScriptModel model(flags.given("model"), {.device = "cpu"});
  const quarry::ImageDecoder decoder(
      {.height = model.input().shape[0], .width = model.input().shape[1]});
  quarry::PipelineOptions options{.batch = flags.count("batch"),
                                  .threads = flags.count("threads")};
  quarry::Pipeline warm(first(quarry::ManifestSource(flags.given("list")),
                              options.batch * options.threads),
                        decoder, model, quarry::Margin(), options);
  warm.select(1);

  options.trace = flags.text("trace");
  const quarry::ManifestSource pool(flags.given("list"));
  quarry::Pipeline pipeline(pool, decoder, model, quarry::Margin(), options);
  const Stopwatch watch(flags.text("server"));
  const quarry::Selection picked = pipeline.select(pool.size() / 10);
  const Spent spent = watch.spent();
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

}  // namespace

int main(int argc, char** argv) {
  return run_benchmark("quarry_torch", [&] {
    measure(Flags(argc, argv,
                  {{"model", ""},
                   {"list", ""},
                   {"threads", "2"},
                   {"batch", "128"},
                   {"server", ""},
                   {"trace", ""}}));
  });
}
