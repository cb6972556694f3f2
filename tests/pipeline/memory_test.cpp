// A run in which memory runs out, wherever that is. Not with a sanitizer, whose
// own allocator must not be replaced.
#include "sanitized.hpp"
#ifndef QUARRY_SANITIZED

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "quarry/pipeline/pipeline.hpp"
#include "quarry/strategy/diversity/k_center.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

#include "catch.hpp"
#include "oracle.hpp"

namespace {

// How many more allocations of this program succeed; none fails when negative.
std::atomic<long> allocations_left = -1;

/// Nodes of the flow graph know each other from lists (of nodes of so many
/// bytes) and queues (of blocks of so many). One that cannot grow them stands
/// still for ever, which is TBB's affair: those may be had.
bool is_of_the_graph(std::size_t size) {
  return size == 24 || size == 512;
}

void* allocate(std::size_t size) {
  if (allocations_left.load(std::memory_order_relaxed) >= 0 &&
      !is_of_the_graph(size) && allocations_left.fetch_sub(1) == 0) {
    throw std::bad_alloc();
  }
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) {
  return allocate(size);
}
void* operator new[](std::size_t size) {
  return allocate(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace quarry {
namespace {

using test::toy_decoder;
using test::toy_model;
using test::toy_pool;

/// An `AsyncSource` that answers at once.
struct Eager {
  MemorySource pool;
  std::size_t size() const { return pool.size(); }
  Sample sample(std::size_t i) const { return pool.sample(i); }
  Result<Bytes> read(std::size_t i) const { return pool.read(i); }
  void read_async(std::size_t i, ReadDone done) const { done(pool.read(i)); }
};

/// An `AsyncModel` that answers at once.
struct Prompt : ToyModel {
  Prompt() : ToyModel(toy_model()) {}
  Prompt replicate() const { return *this; }
  void submit(const SlabView& slab, PredictionSink& sink,
              InferDone done) noexcept {
    try {
      const Predictions predictions = infer(slab);
      sink.logits = predictions.logits;
      sink.probabilities = predictions.probabilities;
      if (sink.embeddings.cols() != 0) sink.embeddings = predictions.embeddings;
    } catch (...) {
      return done(Failure{"test.memory", "short", "", Blame::run});
    }
    done({});
  }
};
static_assert(AsyncModel<Prompt>);

TEST_CASE("a run ends with an error wherever memory runs out", "[graph]") {
  const MemorySource pool = toy_pool(70);
  const test::Oracle oracle(pool);
  const auto expected =
      oracle.ranked([&](std::size_t i) { return oracle.margin(i); });
  const bool async_source = GENERATE(false, true);
  const bool async_model = GENERATE(false, true);
  const std::size_t threads = GENERATE(1, 2);
  CAPTURE(async_source, async_model, threads);
  const AnySource source =
      async_source ? AnySource(Eager{pool}) : AnySource(pool);
  const AnyModel model = async_model ? AnyModel(Prompt()) : toy_model();
  // Little room for undecoded bytes: readers wait for each other.
  Pipeline pipeline(source, toy_decoder(), model, Margin(),
                    {.batch = 16,
                     .threads = threads,
                     .slabs = 2,
                     .reads = 2,
                     .undecoded_bytes = 100});
  pipeline.select(5);  // what is made once is there

  std::size_t survived = 0;
  std::size_t failed = 0;
  // In steps, which differ, so that a long run does not take long to test.
  for (long n = 0; survived < 3; n += 1 + n / 40) {
    REQUIRE(n < 100'000);
    std::string id;
    allocations_left = n;
    try {
      const Selection selection = pipeline.select(5);
      const bool all = allocations_left.exchange(-1) >= 0;
      if (all) ++survived;
      REQUIRE(selection.size() == 5);
      // A sample whose bytes could not be had may be a bad sample.
      if (selection.run.failed != 0) continue;
      for (std::size_t rank = 0; rank < 5; ++rank) {
        REQUIRE(selection[rank].index == expected[rank].first);
      }
    } catch (const Error& error) {
      allocations_left = -1;
      id = error.id();
      ++failed;
    } catch (const std::bad_alloc&) {
      // Before or after the graph, where nothing but the caller has to know.
      allocations_left = -1;
    }
    CAPTURE(n, id);
    REQUIRE((id.empty() || id == "pipeline.memory" || id == "test.memory"));
  }
  REQUIRE(failed > 0);
}

}  // namespace
}  // namespace quarry

#endif
