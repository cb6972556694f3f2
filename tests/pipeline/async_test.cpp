// Sources and models that are driven by threads of their own.
#include <atomic>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "quarry/data/shuffled.hpp"
#include "quarry/pipeline/pipeline.hpp"
#include "quarry/strategy/diversity/k_center.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "oracle.hpp"

namespace quarry {
namespace {

using test::AsyncPool;
using test::AsyncToy;
using test::error_id;
using test::error_message;
using test::Oracle;
using test::toy_decoder;
using test::toy_model;
using test::toy_pool;

void check_margin(const Selection& selection, const Oracle& oracle,
                  std::size_t count, const std::set<std::size_t>& out = {}) {
  const auto expected =
      oracle.ranked([&](std::size_t i) { return oracle.margin(i); }, out);
  REQUIRE(selection.size() == count);
  for (std::size_t rank = 0; rank < selection.size(); ++rank) {
    REQUIRE(selection[rank].index == expected[rank].first);
  }
}

TEST_CASE("an asynchronous source answers late, in any order, from any thread",
          "[graph]") {
  const MemorySource pool = toy_pool(300);
  const Oracle oracle(pool);
  const std::size_t batch = GENERATE(1, 48, 130);
  const std::size_t reads = GENERATE(1, 5, 0);
  const std::size_t undecoded = GENERATE(1, 200, 1 << 20);
  Pipeline pipeline(AsyncPool{pool}, toy_decoder(), toy_model(), Margin(),
                    {.batch = batch,
                     .threads = 2,
                     .slabs = 3,
                     .reads = reads,
                     .undecoded_bytes = undecoded});
  const Selection selection = pipeline.select(50);
  check_margin(selection, oracle, 50);
  REQUIRE(selection.run.bytes_read == 300 * test::toy_bytes);
}

TEST_CASE("no more requests are open than allowed", "[graph]") {
  AsyncPool source{toy_pool(200)};
  std::atomic<std::size_t> open = 0;
  std::atomic<std::size_t> most = 0;
  struct Watched {
    AsyncPool inner;
    std::atomic<std::size_t>* open;
    std::atomic<std::size_t>* most;
    std::size_t size() const { return inner.size(); }
    Sample sample(std::size_t i) const { return inner.sample(i); }
    Result<Bytes> read(std::size_t i) const { return inner.read(i); }
    void read_async(std::size_t i, ReadDone done) const {
      const std::size_t now = ++*open;
      std::size_t before = *most;
      while (now > before && !most->compare_exchange_weak(before, now)) {
      }
      inner.read_async(i, [done, o = open](Result<Bytes> bytes) {
        --*o;
        done(std::move(bytes));
      });
    }
  };
  Pipeline pipeline(Watched{source, &open, &most}, toy_decoder(), toy_model(),
                    Margin(), {.batch = 64, .reads = 7});
  pipeline.select(3);
  REQUIRE(most <= 7);
  REQUIRE(open == 0);
}

TEST_CASE("a source may answer before read_async returns") {
  struct Eager {
    MemorySource pool;
    std::size_t size() const { return pool.size(); }
    Sample sample(std::size_t i) const { return pool.sample(i); }
    Result<Bytes> read(std::size_t i) const { return pool.read(i); }
    void read_async(std::size_t i, ReadDone done) const { done(pool.read(i)); }
  };
  const MemorySource pool = toy_pool(3000);
  Pipeline pipeline(Eager{pool}, toy_decoder(), toy_model(), Margin(),
                    {.threads = 2, .undecoded_bytes = GENERATE(1U, 1U << 20)});
  check_margin(pipeline.select(50), Oracle(pool), 50);
}

TEST_CASE("failures of an asynchronous source are values or stop the run",
          "[graph]") {
  const MemorySource pool = toy_pool(120);
  AsyncPool source{pool};
  SECTION("a bad sample") {
    source.hook = [](std::size_t i, const Bytes& bytes) -> Result<Bytes> {
      if (i == 17) return Failure{"test.http", "404"};
      return bytes;
    };
    Pipeline pipeline(source, toy_decoder(), toy_model(), Margin(),
                      {.batch = 16});
    const Selection selection = pipeline.select(30);
    check_margin(selection, Oracle(pool), 30, {17});
    REQUIRE(selection.run.failures.at(0).failure.message == "404");
  }
  SECTION("the run") {
    source.hook = [](std::size_t i, const Bytes& bytes) -> Result<Bytes> {
      if (i == 17) return Failure{"test.dns", "no name", "", Blame::run};
      return bytes;
    };
    Pipeline pipeline(source, toy_decoder(), toy_model(), Margin(),
                      {.batch = 16});
    REQUIRE(error_id([&] { pipeline.select(30); }) == "test.dns");
  }
}

/// An asynchronous source that misbehaves.
struct Careless {
  MemorySource pool;
  enum { drops, throws, answers_twice } how;
  std::size_t size() const { return pool.size(); }
  Sample sample(std::size_t i) const { return pool.sample(i); }
  Result<Bytes> read(std::size_t i) const { return pool.read(i); }
  void read_async(std::size_t i, ReadDone done) const {
    if (i == 33) {
      if (how == drops) return;
      if (how == throws) throw std::runtime_error("no more sockets");
      done(pool.read(i));
    }
    done(pool.read(i));
  }
};

TEST_CASE("nobody waits for ever for a source that forgets", "[graph]") {
  const MemorySource pool = toy_pool(120);
  const auto run = [&](auto how) {
    Pipeline pipeline(Careless{pool, how}, toy_decoder(), toy_model(), Margin(),
                      {.batch = 16});
    check_margin(pipeline.select(30), Oracle(pool), 30);
  };
  REQUIRE(error_id([&] { run(Careless::drops); }) == "pipeline.no_answer");
  REQUIRE(error_message([&] { run(Careless::throws); }) ==
          "the source threw an exception: no more sockets");
  run(Careless::answers_twice);
}

TEST_CASE("an asynchronous model plugs straight in", "[graph]") {
  const MemorySource pool = toy_pool(200);
  const Oracle oracle(pool);
  const std::size_t batch = GENERATE(1, 7, 64);
  const PipelineOptions options{.batch = batch, .threads = 2};
  Pipeline margin(pool, toy_decoder(), AsyncToy(), Margin(), options);
  check_margin(margin.select(40), oracle, 40);
  check_margin(margin.select(40), oracle, 40);
  Pipeline cover(pool, toy_decoder(), AsyncToy(), KCenter(), options);
  const auto expected = oracle.k_center(8, {});
  const Selection selection = cover.select(8);
  REQUIRE(selection.size() == 8);
  for (std::size_t rank = 0; rank < 8; ++rank) {
    REQUIRE(selection[rank].index == expected[rank].first);
  }
  for (const StageTime& stage : selection.run.stages) {
    if (stage.stage == "infer") {
      REQUIRE(stage.workers == 1);
      REQUIRE(stage.busy > 0.0);
      REQUIRE(stage.items == 200);
    }
  }
}

TEST_CASE("a batch that an asynchronous model cannot do ends the run",
          "[graph]") {
  AsyncToy model;
  auto calls = std::make_shared<std::atomic<int>>(0);
  model.hook = [calls]() -> Result<void> {
    if (++*calls == 4) return Failure{"test.device", "lost", "reset it"};
    return {};
  };
  Pipeline pipeline(toy_pool(300), toy_decoder(), model, Margin(),
                    {.batch = 8, .threads = 2});
  REQUIRE(error_message([&] { pipeline.select(3); }) == "lost");
  REQUIRE(pipeline.select(3).size() == 3);
}

TEST_CASE("nobody waits for ever for a model that forgets", "[graph]") {
  struct Forgetful : AsyncToy {
    Forgetful replicate() const { return *this; }
    void submit(const SlabView& slab, PredictionSink& sink,
                InferDone done) noexcept {
      if (slab.bytes[0] == std::byte{0}) return;
      AsyncToy::submit(slab, sink, std::move(done));
    }
  };
  auto items = test::toy_items(100);
  items[40].bytes = Bytes::take(std::vector<std::byte>(test::toy_bytes));
  Pipeline pipeline(MemorySource(items), toy_decoder(), Forgetful(), Margin(),
                    {.batch = 20});
  REQUIRE(error_message([&] { pipeline.select(3); }) ==
          "the model dropped a request without answering it");
}

TEST_CASE("decorating a source does not change how it is read") {
  const MemorySource pool = toy_pool(10);
  REQUIRE(AnySource(AsyncPool{pool}).is_async());
  REQUIRE(AnySource(Shuffled(AnySource(AsyncPool{pool}))).is_async());
  REQUIRE_FALSE(AnySource(pool).is_async());
  REQUIRE_FALSE(AnySource(Shuffled(AnySource(pool))).is_async());
  REQUIRE(AnyModel(AsyncToy()).is_async());
  REQUIRE_FALSE(AnyModel(toy_model()).is_async());
}

}  // namespace
}  // namespace quarry
