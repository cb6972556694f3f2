#include "pipeline/fetcher.hpp"

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <vector>

#include "catch.hpp"
#include "fakes.hpp"

namespace quarry::detail {
namespace {

/// Stands in for the graph: takes chunks in, and "decodes" them when told.
struct Sink {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<ChunkPtr> chunks;
  std::size_t finished = 0;
  std::size_t held = 0;
  std::size_t most_held = 0;

  FetchEvents events() {
    return {.fetched =
                [this](ChunkPtr chunk) {
                  const std::lock_guard lock(mutex);
                  held += chunk->bytes;
                  most_held = std::max(most_held, held);
                  chunks.push_back(std::move(chunk));
                  changed.notify_all();
                },
            .finished =
                [this] {
                  const std::lock_guard lock(mutex);
                  ++finished;
                  changed.notify_all();
                }};
  }

  /// Releases what comes until so many pieces are through; the rows seen.
  std::map<std::size_t, std::size_t> drain(Fetcher& fetcher,
                                           std::size_t pieces) {
    std::map<std::size_t, std::size_t> rows;
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [&] { return !chunks.empty() || finished == pieces; });
      if (chunks.empty()) return rows;
      const ChunkPtr chunk = std::move(chunks.back());
      chunks.pop_back();
      REQUIRE(chunk->rows >= chunk->items.size());
      std::size_t bytes = 0;
      for (const Chunk::Item& item : chunk->items) {
        ++rows[item.row];
        if (item.bytes.ok()) bytes += item.bytes->size();
      }
      REQUIRE(bytes == chunk->bytes);
      held -= chunk->bytes;
      lock.unlock();
      fetcher.release(chunk->bytes);
      lock.lock();
    }
  }
};

TEST_CASE("undecoded bytes stay within their budget, whatever it is",
          "[graph]") {
  const std::size_t n = 200;
  const MemorySource pool = test::toy_pool(n);
  const bool async = GENERATE(false, true);
  const std::size_t budget = GENERATE(1, 47, 48, 500, 100000);
  const std::size_t reads = GENERATE(1, 4, 30);
  CAPTURE(async, budget, reads);
  const AnySource source =
      async ? AnySource(test::AsyncPool{pool}) : AnySource(pool);
  const PipelineOptions options{
      .threads = 2, .reads = reads, .undecoded_bytes = budget};
  RunControl control(options, source, n);
  Slab slab({.spec = test::toy_spec, .batch = n},
            std::make_shared<std::byte[]>(n * test::toy_bytes));
  std::vector<std::size_t> indices(n);
  for (std::size_t i = 0; i < n; ++i) indices[i] = i;
  slab.take({.first = 0, .indices = indices});
  Sink sink;
  const auto fetcher =
      make_fetcher(source, options, control, {}, sink.events());
  const std::vector<Piece> pieces = pieces_of(slab);
  REQUIRE(pieces.size() == 3);
  for (const Piece& piece : pieces) fetcher->start(piece);
  const auto rows = sink.drain(*fetcher, 3);
  REQUIRE(rows.size() == n);
  for (const auto& [row, count] : rows) REQUIRE(count == 1);
  // What is being read when the limit is reached may exceed it.
  REQUIRE(sink.most_held <= budget + reads * test::toy_bytes);
  REQUIRE(fetcher->bytes_read() == n * test::toy_bytes);
  REQUIRE(fetcher->record().items == n);
}

TEST_CASE("samples that nobody wants any more are not read") {
  const MemorySource pool = test::toy_pool(100);
  const bool async = GENERATE(false, true);
  std::atomic<std::size_t> reads = 0;
  const auto hook = [&](std::size_t, const Bytes& bytes) {
    ++reads;
    return Result<Bytes>(bytes);
  };
  test::AsyncPool asynchronous{pool};
  asynchronous.hook = hook;
  const AnySource source = async ? AnySource(asynchronous)
                                 : AnySource(test::HookedSource{pool, hook});
  const PipelineOptions options{.threads = 1};
  RunControl control(options, source, 100);
  Slab slab({.spec = test::toy_spec, .batch = 100},
            std::make_shared<std::byte[]>(100 * test::toy_bytes));
  slab.take({.first = 0, .indices = std::vector<std::size_t>(100)});
  control.cancel();
  Sink sink;
  const auto fetcher =
      make_fetcher(source, options, control, {}, sink.events());
  fetcher->start({&slab, 0, 100});
  std::size_t rows = 0;
  {
    std::unique_lock lock(sink.mutex);
    sink.changed.wait(lock, [&] { return sink.finished == 1; });
    for (const ChunkPtr& chunk : sink.chunks) rows += chunk->rows;
  }
  REQUIRE(rows == 100);
  REQUIRE(reads == 0);
}

}  // namespace
}  // namespace quarry::detail
