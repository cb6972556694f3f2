// A run with a cache of predictions, to be killed and hindered from outside:
//
//     quarry_cache_probe DIRECTORY|- SAMPLES
//
// prints one line of JSON: the picks, what was cached, kept, read and inferred,
// and the notes.
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include "quarry/core/json.hpp"
#include "quarry/pipeline/pipeline.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

#include "fakes.hpp"

namespace quarry {
namespace {

// Embeddings of 16 KiB, so that a small pool is flushed several times. They
// have a store of their own, as those of nearly all networks.
constexpr std::size_t features = 4096;

struct CountingModel {
  ToyModel model = ToyModel(
      {.input = test::toy_spec, .classes = 10, .embedding_dim = features});
  std::shared_ptr<std::atomic<std::size_t>> batches =
      std::make_shared<std::atomic<std::size_t>>(0);

  Predictions infer(const SlabView& slab) {
    ++*batches;
    return model.infer(slab);
  }
  Predictions head(const Matrix& embeddings) { return model.head(embeddings); }
  std::string backbone() const { return model.backbone(); }
  SampleSpec input() const { return model.input(); }
  std::vector<std::string> classes() const { return model.classes(); }
  std::string fingerprint() const { return model.fingerprint(); }
  CountingModel replicate() const { return *this; }
  std::size_t embedding_dim() const { return model.embedding_dim(); }
};

/// A pool that says which bytes its samples have.
struct VersionedPool {
  MemorySource pool;
  std::shared_ptr<std::atomic<std::size_t>> reads =
      std::make_shared<std::atomic<std::size_t>>(0);

  std::size_t size() const { return pool.size(); }
  Sample sample(std::size_t i) const { return pool.sample(i); }
  Result<Bytes> read(std::size_t i) const {
    ++*reads;
    return pool.read(i);
  }
  std::string version(std::size_t i) const { return "v" + std::to_string(i); }
};

int run(const std::string& directory, std::size_t samples) {
  PipelineOptions options;
  options.batch = 16;
  options.threads = 2;
  if (directory != "-") options.cache.directory = directory;
  const CountingModel model;
  const VersionedPool pool{.pool = test::toy_pool(samples)};
  const Selection picked =
      Pipeline(pool, test::toy_decoder(), model, Margin(), options).select(50);
  Json picks = Json::array();
  for (const Pick& pick : picked) picks.push_back({pick.index, pick.score});
  std::cout << to_line({{"picks", picks},
                        {"scored", picked.run.scored},
                        {"cached", picked.run.cached},
                        {"from_embeddings", picked.run.from_embeddings},
                        {"kept", picked.run.kept},
                        {"read", pool.reads->load()},
                        {"batches", model.batches->load()},
                        {"notes", picked.run.notes}})
            << std::endl;
  return 0;
}

}  // namespace
}  // namespace quarry

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    return quarry::run(argv[1], std::strtoul(argv[2], nullptr, 10));
  } catch (const quarry::Error& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
