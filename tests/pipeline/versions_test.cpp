// What is kept of samples whose source says which bytes they have, unread.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "quarry/data/mapped.hpp"
#include "quarry/data/subset.hpp"
#include "quarry/pipeline/pipeline.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

#include "catch.hpp"
#include "fakes.hpp"
#include "pipeline/cache/prediction_index.hpp"
#include "temp_dir.hpp"

namespace quarry {
namespace {

namespace fs = std::filesystem;

using detail::Database;
using detail::PredictionIndex;
using test::toy_items;

constexpr std::size_t pool_size = 150;

/// Samples with versions, which can be changed; counts what is read.
struct VersionedPool {
  struct State {
    std::vector<MemorySource::Item> items;
    std::vector<std::string> versions;
    std::atomic<std::size_t> reads = 0;
    std::function<void(std::size_t)> on_read = [](std::size_t) {
    };
  };
  std::shared_ptr<State> state = std::make_shared<State>();

  explicit VersionedPool(std::size_t n = pool_size, std::uint64_t seed = 1,
                         const std::string& device = "disk ") {
    state->items = toy_items(n, seed);
    for (std::size_t i = 0; i < n; ++i)
      state->versions.push_back(device + std::to_string(i));
  }
  void change(std::size_t i, const std::string& version) {
    state->items[i].bytes = toy_items(1, 99)[0].bytes;
    state->versions[i] = version;
  }

  std::size_t size() const { return state->items.size(); }
  Sample sample(std::size_t i) const { return state->items[i].sample; }
  Result<Bytes> read(std::size_t i) const {
    ++state->reads;
    state->on_read(i);
    return state->items[i].bytes;
  }
  std::optional<std::string> version(std::size_t i) const {
    if (state->versions[i].empty()) return std::nullopt;
    return state->versions[i];
  }
};

ToyModel model_with_head(std::uint64_t seed) {
  return ToyModel({.input = test::toy_spec,
                   .classes = test::toy_classes,
                   .embedding_dim = test::toy_features,
                   .seed = 3,
                   .head_seed = seed});
}

struct Bench {
  test::TempDir dir;
  PipelineOptions options{.batch = 16, .seed = 7};
  ToyModel model = model_with_head(3);

  Bench() { options.cache.directory = dir / "predictions"; }

  Selection select(const AnySource& pool) const {
    return Pipeline(pool, test::toy_decoder(), model, Margin(), options)
        .select(20);
  }
  Selection select(const VersionedPool& pool) const {
    pool.state->reads = 0;
    return select(AnySource(pool));
  }
  /// Picks without a cache.
  std::vector<std::pair<std::size_t, double>> wanted(
      const VersionedPool& pool) const {
    PipelineOptions uncached = options;
    uncached.cache.directory.clear();
    return picks_of(
        Pipeline(pool, test::toy_decoder(), model, Margin(), uncached)
            .select(20));
  }
  static std::vector<std::pair<std::size_t, double>> picks_of(
      const Selection& picked) {
    std::vector<std::pair<std::size_t, double>> picks;
    for (const Pick& pick : picked) picks.emplace_back(pick.index, pick.score);
    return picks;
  }

  /// Calls `change` with each index of versions and rows.
  void each_index(const std::function<void(PredictionIndex&)>& change) const {
    for (const auto& entry :
         fs::recursive_directory_iterator(options.cache.directory)) {
      if (entry.path().filename() != "index.db") continue;
      PredictionIndex index(entry.path(), Database::Access::write);
      change(index);
    }
  }
};

TEST_CASE("what has not changed is not read again", "[cache][versions]") {
  Bench bench;
  bench.options.threads = GENERATE(1, 3);
  const VersionedPool pool;
  const auto wanted = bench.wanted(pool);
  const Selection cold = bench.select(pool);
  CHECK(pool.state->reads == pool_size);
  CHECK(Bench::picks_of(cold) == wanted);
  const Selection warm = bench.select(pool);
  CHECK(pool.state->reads == 0);
  CHECK(Bench::picks_of(warm) == wanted);
  CHECK(warm.run.cached == pool_size);
  CHECK(warm.run.scored == pool_size);
  CHECK(warm.run.bytes_read == 0);
  CHECK(warm.run.notes.empty());
}

TEST_CASE("what has changed is read, and what was touched once",
          "[cache][versions]") {
  Bench bench;
  VersionedPool pool;
  bench.select(pool);
  pool.change(40, "changed");
  pool.state->versions[41] = "touched";  // with the same bytes
  const Selection picked = bench.select(pool);
  CHECK(pool.state->reads == 2);
  CHECK(picked.run.cached == pool_size - 1);
  CHECK(Bench::picks_of(picked) == bench.wanted(pool));
  const Selection again = bench.select(pool);
  CHECK(pool.state->reads == 0);
  CHECK(Bench::picks_of(again) == Bench::picks_of(picked));
}

TEST_CASE("another head reads nothing", "[cache][versions]") {
  Bench bench;
  const VersionedPool pool;
  bench.select(pool);
  bench.model = model_with_head(4);
  const Selection picked = bench.select(pool);
  CHECK(pool.state->reads == 0);
  CHECK(picked.run.from_embeddings + picked.run.cached == pool_size);
  CHECK(picked.run.from_embeddings >= 134);  // but for their duplicates
  CHECK(Bench::picks_of(picked) == bench.wanted(pool));
  bench.select(pool);
  CHECK(pool.state->reads == 0);
}

TEST_CASE("without a version a sample is read each time", "[cache][versions]") {
  Bench bench;
  VersionedPool pool;
  pool.state->versions[3].clear();
  for (int run = 0; run < 2; ++run) {
    pool.state->reads = 0;
    bench.select(pool);
  }
  CHECK(pool.state->reads == 1);
}

TEST_CASE("bytes that changed while they were read are read again",
          "[cache][versions]") {
  Bench bench;
  VersionedPool pool;
  bench.options.reads = 1;
  pool.state->on_read = [&](std::size_t i) {
    if (i == 5) pool.state->versions[i] = "later";
  };
  bench.select(pool);
  pool.state->versions[5] = "disk 5";  // as if a link had been turned back
  bench.select(pool);
  CHECK(pool.state->reads == 1);
}

TEST_CASE("what fails is read, and fails, every time", "[cache][versions]") {
  Bench bench;
  bench.options.errors = {.max_bad = 1.0, .alike_limit = 0};
  VersionedPool pool;
  pool.state->items[7].bytes = Bytes();  // no row for the decoder
  for (int run = 0; run < 2; ++run) {
    const Selection picked = bench.select(pool);
    CHECK(pool.state->reads == (run == 0 ? pool_size : 1));
    REQUIRE(picked.run.failures.size() == 1);
    CHECK(picked.run.failures[0].index == 7);
  }
}

TEST_CASE("pools of the same ids are not taken for each other",
          "[cache][versions]") {
  Bench bench;
  const VersionedPool first(pool_size, 1, "a ");
  const VersionedPool second(pool_size, 2, "b ");
  bench.select(first);
  const Selection picked = bench.select(second);
  CHECK(second.state->reads == pool_size);
  CHECK(Bench::picks_of(picked) == bench.wanted(second));
}

TEST_CASE("read keeps no versions, and write trusts none",
          "[cache][versions]") {
  Bench bench;
  VersionedPool pool;
  bench.select(pool);
  pool.state->versions[9] = "touched";
  bench.options.cache.use = CacheUse::read;
  for (int run = 0; run < 2; ++run) {
    bench.select(pool);
    CHECK(pool.state->reads == 1);
  }
  bench.options.cache.use = CacheUse::write;
  bench.select(pool);
  CHECK(pool.state->reads == pool_size);
}

TEST_CASE("versions that lead nowhere are no versions", "[cache][versions]") {
  Bench bench;
  const VersionedPool pool;
  const Selection cold = bench.select(pool);
  std::string key;
  SECTION("no key at all") {}
  SECTION("a key that is none") {
    key = "rubbish";
  }
  SECTION("a key without a row") {
    key = std::string(32, 'x');
  }
  bench.each_index([&](PredictionIndex& index) {
    if (index.versions() != 0) index.put_version("disk 4", key);
  });
  const Selection warm = bench.select(pool);
  CHECK(pool.state->reads == 1);
  CHECK(Bench::picks_of(warm) == Bench::picks_of(cold));
  bench.select(pool);
  CHECK(pool.state->reads == 0);
}

TEST_CASE("a row that is damaged is read again and told of once",
          "[cache][versions]") {
  Bench bench;
  const VersionedPool pool;
  const Selection cold = bench.select(pool);
  for (const auto& entry :
       fs::recursive_directory_iterator(bench.options.cache.directory)) {
    if (entry.path().filename() == "rows") fs::resize_file(entry.path(), 1);
  }
  const Selection warm = bench.select(pool);
  CHECK(Bench::picks_of(warm) == Bench::picks_of(cold));
  CHECK(pool.state->reads >= 134);  // all but duplicates
  CHECK(std::any_of(warm.run.notes.begin(), warm.run.notes.end(),
                    [](const std::string& note) {
                      return note.find("134 kept predictions had been") !=
                             note.npos;
                    }));
}

TEST_CASE("versions nobody has any more do not fill the cache for ever",
          "[cache][versions]") {
  Bench bench;
  const VersionedPool pool;
  bench.select(pool);
  const auto versions = [&] {
    std::uint64_t count = 0;
    bench.each_index(
        [&](PredictionIndex& index) { count += index.versions(); });
    return count;
  };
  CHECK(versions() == pool_size);
  bench.each_index([](PredictionIndex& index) {
    if (index.versions() == 0) return;
    detail::Transaction change = index.change();
    for (int i = 0; i < 5000; ++i)
      index.put_version("gone " + std::to_string(i), std::string(32, 'x'));
    change.commit();
  });
  bench.select(pool);
  CHECK(pool.state->reads == pool_size);
  CHECK(versions() == pool_size);
}

TEST_CASE("decorators say which bytes a sample has, unless they change them",
          "[versions]") {
  const VersionedPool pool(10);
  const AnySource part = Subset(pool, {4, 2});
  CHECK(part.version(1) == "disk 2");
  const AnySource same = AnySource(std::cref(pool));
  CHECK(same.version(3) == "disk 3");
  const AnySource other =
      Mapped(pool, [](const Bytes& bytes) { return bytes; });
  CHECK(other.version(1) == std::nullopt);
  CHECK(AnySource(test::toy_pool(3)).version(1) == std::nullopt);
}

}  // namespace
}  // namespace quarry
