// Quarry over a folder of encoded images, with the same network, threads and
// batch as limit_bare_inference: reading, decoding, inference, scoring,
// ranking.
//
//   quarry_torch --model M.pt --data DIR [--threads 2] [--batch 128]
//       [--limit N]
//
// The first 512 samples run once before the clock starts, as libtorch's own
// threads do in the limit. Prints one JSON object.

#include <algorithm>
#include <iostream>
#include <map>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "quarry/model/torch_runtime.hpp"
#include "quarry/model/torch_script_model.hpp"
#include "quarry/quarry.hpp"

namespace {

std::map<std::string, std::string> parse(int argc, char** argv) {
  std::map<std::string, std::string> flags{{"model", ""},
                                           {"data", ""},
                                           {"threads", "2"},
                                           {"batch", "128"},
                                           {"limit", "0"}};
  for (int i = 1; i < argc; i += 2) {
    std::string name = argv[i];
    name.erase(0, std::min(name.find_first_not_of('-'), name.size()));
    if (flags.count(name) == 0 || i + 1 == argc) {
      throw std::invalid_argument("what is " + std::string(argv[i]) + "?");
    }
    flags[name] = argv[i + 1];
  }
  return flags;
}

template <class Source>
quarry::Subset<Source> first(const Source& source, std::size_t count) {
  std::vector<std::size_t> rows(std::min(count, source.size()));
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  return quarry::Subset(source, std::move(rows));
}

int measure(int argc, char** argv) {
  auto flags = parse(argc, argv);
  quarry::use_threads(1);
  const quarry::DirectorySource files(flags["data"]);
  const std::size_t limit = std::stoul(flags["limit"]);
  const auto pool = first(files, limit == 0 ? files.size() : limit);
  const quarry::TorchScriptModel model(flags["model"], {.device = "cpu"});
  const auto height = model.input().shape[0];
  const auto width = model.input().shape[1];
  const quarry::ImageDecoder decoder({.height = height, .width = width});
  const quarry::PipelineOptions options{
      .batch = std::stoul(flags["batch"]),
      .threads = std::stoul(flags["threads"])};
  quarry::Pipeline warm(first(pool, 512), decoder, model, quarry::Margin(),
                        options);
  warm.select(1);

  quarry::Pipeline pipeline(pool, decoder, model, quarry::Margin(), options);
  const quarry::Selection picked = pipeline.select(pool.size() / 10);
  const quarry::RunSummary& run = picked.run;
  quarry::Json busy;
  for (const quarry::StageTime& stage : run.stages) {
    busy[std::string(stage.stage)] = stage.busy;
  }
  const quarry::Json result{{"contender", "quarry"},
                            {"samples", run.scored},
                            {"failed", run.failed},
                            {"seconds", run.seconds},
                            {"samples_per_second", run.throughput()},
                            {"busy", busy},
                            {"peak_memory", run.peak_memory}};
  std::cout << quarry::to_line(result) << '\n';
  std::cerr << picked.full_report();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return measure(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "quarry_torch: " << error.what() << '\n';
    return 2;
  }
}
