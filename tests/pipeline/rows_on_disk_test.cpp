// Rows of a set strategy's inputs that are in files and not in memory.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "quarry/pipeline/pipeline.hpp"
#include "quarry/strategy/registry.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "fakes.hpp"
#include "sanitized.hpp"
#include "temp_dir.hpp"

namespace quarry {
namespace {

namespace fs = std::filesystem;
using test::error_id;
using test::error_message;
using test::TempDir;
using test::toy_decoder;
using test::toy_pool;

PipelineOptions small_options(const fs::path& scratch) {
  PipelineOptions options{.batch = 16, .threads = 2, .scratch = scratch};
  options.errors.max_bad = 1.0;
  return options;
}

/// Some samples are labelled, some fail.
struct Job {
  test::HookedSource source{
      toy_pool(300), [](std::size_t i, const Bytes& bytes) {
        if (i % 7 == 3) return Result<Bytes>(Failure{"test.gone", "gone"});
        return Result<Bytes>(bytes);
      }};
  LabelledSet labelled;

  Job() {
    for (std::size_t i = 0; i < 300; i += 11)
      labelled.add({source.sample(i).id, std::to_string(i % 5)});
  }

  Selection select(const char* strategy, PipelineOptions options) const {
    options.labelled = labelled;
    Pipeline pipeline(source, toy_decoder(), test::DroppingModel(),
                      make_strategy(strategy), options);
    return pipeline.select(20);
  }
};

TEST_CASE("rows on disk make the picks of rows in memory, bit for bit",
          "[graph]") {
  const char* const strategy = GENERATE("badge", "batch_bald", "k_center",
                                        "typiclust", "facility_location");
  CAPTURE(strategy);
  const TempDir scratch;
  const Job job;
  PipelineOptions options = small_options(scratch.path() / "made" / "for it");
  const Selection in_memory = job.select(strategy, options);
  CHECK(in_memory.run.notes.empty());
  CHECK_FALSE(fs::exists(options.scratch));
  options.input_memory = 0;
  const Selection on_disk = job.select(strategy, options);
  REQUIRE(on_disk.run.notes.size() == 1);
  CHECK(on_disk.run.notes[0].find("for it") != std::string::npos);
  CHECK(fs::is_empty(options.scratch));

  REQUIRE(on_disk.size() == 20);
  REQUIRE(in_memory.size() == 20);
  for (std::size_t rank = 0; rank < 20; ++rank) {
    const Pick& a = in_memory[rank];
    const Pick& b = on_disk[rank];
    CHECK(a.index == b.index);
    CHECK((a.score == b.score || (std::isnan(a.score) && std::isnan(b.score))));
    CHECK(a.predicted == b.predicted);
    CHECK(a.confidence == b.confidence);
  }
  CHECK(in_memory.class_counts == on_disk.class_counts);
}

// Sanitizers keep what was freed.
#ifndef QUARRY_SANITIZED
/// Memory of the process's own, without pages of files, in bytes.
std::size_t own_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) return std::stoul(line.substr(8)) * 1024;
  }
  return 0;
}

/// Notes how much memory there is once it has seen its inputs.
struct Weigher : SetWise<Weigher> {
  std::size_t* bytes;

  explicit Weigher(std::size_t& out) : bytes(&out) {}
  std::vector<RankedPick> select(const PoolView& pool, std::size_t,
                                 SelectContext&) const {
    *bytes = own_memory();
    return {{pool.candidates()[0], 0.0}};
  }
};

TEST_CASE("rows on disk are no memory of the process", "[graph]") {
  constexpr std::size_t rows = 10'000, width = 512;
  const TempDir scratch;
  const auto memory_with = [&](std::size_t input_memory) {
    PipelineOptions options = small_options(scratch.path());
    options.input_memory = input_memory;
    std::size_t bytes = 0;
    Pipeline pipeline(
        toy_pool(rows), toy_decoder(),
        ToyModel({.input = test::toy_spec, .embedding_dim = width}),
        Weigher(bytes), options);
    pipeline.select(1);
    return bytes;
  };
  if (own_memory() == 0) {
    WARN("skipped: /proc tells no RssAnon");
    return;
  }
  const std::size_t on_disk = memory_with(1 << 20);
  const std::size_t in_memory = memory_with(1 << 30);
  CHECK(in_memory > on_disk + rows * width * sizeof(float) * 3 / 4);
}
#endif

TEST_CASE("what does not fit on the disk is an error before anything is read",
          "[graph]") {
  struct Endless {
    std::size_t size() const { return std::size_t{1} << 50; }
    Sample sample(std::size_t i) const { return {std::to_string(i), ""}; }
    Result<Bytes> read(std::size_t) const {
      FAIL("a sample was read");
      return Failure{"test.gone", "gone"};
    }
  };
  const TempDir scratch;
  Pipeline pipeline(Endless(), toy_decoder(), test::toy_model(),
                    make_strategy("k_center"), small_options(scratch.path()));
  CHECK(error_id([&] { pipeline.select(1); }) == "pipeline.scratch");
  const std::string message = error_message([&] { pipeline.select(1); });
  CHECK(message.find(scratch.path().string()) != std::string::npos);
  CHECK(message.find("27,021,597,764,222,976 bytes") != std::string::npos);
  CHECK(fs::is_empty(scratch.path()));
}

TEST_CASE("a folder for rows that cannot be one is an error that names it",
          "[graph]") {
  const TempDir scratch;
  const fs::path file = scratch.path() / "file";
  std::ofstream(file) << "no folder";
  PipelineOptions options = small_options(file);
  options.input_memory = 0;
  const auto select = [&] {
    Job().select("k_center", options);
  };
  CHECK(error_id(select) == "pipeline.scratch");
  CHECK(error_message(select).find(file.string()) != std::string::npos);
}

TEST_CASE("a run that ends early leaves no rows behind", "[graph]") {
  const TempDir scratch;
  PipelineOptions options = small_options(scratch.path());
  options.input_memory = 0;
  options.errors.on_error = OnError::stop;
  CHECK(error_id([&] { Job().select("k_center", options); }) ==
        "pipeline.bad_sample");
  CHECK(fs::is_empty(scratch.path()));
}

}  // namespace
}  // namespace quarry
