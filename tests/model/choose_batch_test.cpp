#include "quarry/model/choose_batch.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;
using namespace quarry::test;

namespace {

/// A model whose batches take as long as somebody made up, on a clock of its
/// own.
struct CostModel {
  std::function<double(std::size_t)> cost;  // seconds of a batch
  std::size_t largest = std::numeric_limits<std::size_t>::max();
  bool raises = false;  // instead of throwing std::bad_alloc
  std::shared_ptr<double> now = std::make_shared<double>(0.0);
  std::shared_ptr<std::vector<std::size_t>> seen =
      std::make_shared<std::vector<std::size_t>>();

  Predictions infer(const SlabView& slab) {
    REQUIRE(slab.bytes.size() == slab.rows * 6);
    if (slab.rows > largest) {
      if (raises) raise("model.memory", "no memory for the batch");
      throw std::bad_alloc();
    }
    if (seen->empty() || seen->back() != slab.rows) seen->push_back(slab.rows);
    *now += cost(slab.rows);
    return {};
  }
  SampleSpec input() const { return {.shape = {1, 2, 3}}; }
  std::vector<std::string> classes() const { return {"a"}; }
  std::string fingerprint() const { return "cost"; }
  CostModel replicate() const { return *this; }

  BatchChoice choose(ChooseBatchOptions options = {}) const {
    options.clock = [clock = now] {
      return *clock;
    };
    return choose_batch(*this, options);
  }
};

/// A model whose replicas share memory for 40 rows; the larger its batches, the
/// faster.
struct Crowd {
  struct Memory {
    std::mutex mutex;
    std::size_t rows = 0;  // in use
    int at_once = 0;
    int most = 0;
  };
  std::shared_ptr<Memory> memory = std::make_shared<Memory>();

  Predictions infer(const SlabView& slab) {
    {
      const std::lock_guard lock(memory->mutex);
      if (memory->rows + slab.rows > 40) raise("model.memory", "no memory");
      memory->rows += slab.rows;
      memory->most = std::max(memory->most, ++memory->at_once);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const std::lock_guard lock(memory->mutex);
    memory->rows -= slab.rows;
    --memory->at_once;
    return {};
  }
  SampleSpec input() const { return {.shape = {1, 2, 3}}; }
  std::vector<std::string> classes() const { return {"a"}; }
  std::string fingerprint() const { return "crowd"; }
  Crowd replicate() const { return *this; }
};

/// A millisecond a call and 0.1 a row: rates 1/(0.1 + 1/B) a millisecond.
double affine(std::size_t rows) {
  return 1e-3 + 1e-4 * static_cast<double>(rows);
}

}  // namespace

TEST_CASE("the batch is the knee of the throughput") {
  const CostModel model{.cost = affine};
  const BatchChoice choice = model.choose();
  // From 256 to 512: (0.1 + 1/256) / (0.1 + 1/512) = 1.019.
  CHECK(choice.batch == 256);
  CHECK(*model.seen ==
        std::vector<std::size_t>{1, 2, 4, 8, 16, 32, 64, 128, 256, 512});
  REQUIRE(choice.tried.size() == 10);
  CHECK(choice.tried[4].batch == 16);
  CHECK(choice.tried[4].rate == Approx(16 / 2.6e-3));
  CHECK(choice.too_large == 0);
  // At 10 %: (0.1 + 1/32) / (0.1 + 1/64) = 1.135, then 1.07.
  CHECK(model.choose({.gain = 0.1}).batch == 64);
  CHECK(model.choose({.most = 48}).batch == 32);
  CHECK(model.choose({.most = 1}).batch == 1);
}

TEST_CASE("the climb ends after two sizes in vain, not after one") {
  // A dip at 8, as where another kernel begins.
  const CostModel dip{.cost = [](std::size_t rows) {
    return affine(rows) * (rows == 8 ? 3 : 1);
  }};
  CHECK(dip.choose().batch == 256);
  const CostModel flat{.cost = [](std::size_t rows) {
    return 1e-3 * static_cast<double>(rows);
  }};
  CHECK(flat.choose().batch == 1);
  CHECK(*flat.seen == std::vector<std::size_t>{1, 2, 4});
}

TEST_CASE("where memory runs out, at most half of that is taken") {
  for (const bool raises : {false, true}) {
    const CostModel model{.cost = affine, .largest = 40, .raises = raises};
    const BatchChoice choice = model.choose();
    CHECK(choice.batch == 32);
    CHECK(choice.too_large == 64);
    CHECK(choice.brief_report() ==
          "batch auto took 32: 16 at 6154 samples/s, 32 at 7619 samples/s, no "
          "memory for 64");
    CHECK(error_id([&] {
            CostModel{.cost = affine, .largest = 0, .raises = raises}.choose();
          }) == "model.memory");
  }
}

TEST_CASE("memory must be enough for all executors at once") {
  const Crowd model;
  // 40 rows, together.
  CHECK(choose_batch(model, {.gain = 0.0}).batch >= 32);
  const BatchChoice choice = choose_batch(model, {.executors = 3});
  CHECK(choice.batch == 8);
  CHECK(choice.too_large == 16);
  CHECK(choice.tried.back().rate > 0.0);
  CHECK(model.memory->most == 3);
  CHECK(error_id([&] { choose_batch(model, {.executors = 41}); }) ==
        "model.memory");
}

TEST_CASE("no batch is tried that would take too long") {
  const CostModel model{.cost = affine};
  // 32 take 4.2 ms, and 64 twice as much at most.
  CHECK(model.choose({.most_seconds = 8e-3}).batch == 32);
  CHECK(*model.seen == std::vector<std::size_t>{1, 2, 4, 8, 16, 32});
}

TEST_CASE("other errors of a model pass") {
  const CostModel model{.cost = [](std::size_t rows) -> double {
    if (rows == 4) raise("model.infer", "four is not my number");
    return affine(rows);
  }};
  CHECK(error_id([&] { model.choose(); }) == "model.infer");
}

TEST_CASE("options of the choice of a batch are checked") {
  const CostModel model{.cost = affine};
  CHECK(error_id([&] { model.choose({.most = 0}); }) == "model.option");
  CHECK(error_id([&] { model.choose({.gain = 1.0}); }) == "model.option");
  CHECK(error_id([&] { model.choose({.gain = -0.1}); }) == "model.option");
  CHECK(error_id([&] { model.choose({.most_seconds = 0}); }) == "model.option");
  CHECK(error_id([&] { model.choose({.executors = 0}); }) == "model.option");
  CHECK(error_id([&] { model.choose({.executors = 1025}); }) == "model.option");
}
