#include "quarry/model/choose_executors.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;
using namespace quarry::test;

namespace {

/// What a test and the replicas of a model share.
struct Machine {
  std::atomic<std::size_t> threads = 0;  // inside an operator
  std::vector<std::size_t> used;         // each time they were set
  std::atomic<int> at_once = 0;
  std::atomic<int> most_at_once = 0;
};

/// Sleeps a time that hangs on how many threads an operator has.
struct Sleeper {
  std::shared_ptr<Machine> machine = std::make_shared<Machine>();
  int (*milliseconds)(std::size_t threads);

  Predictions infer(const SlabView& slab) {
    REQUIRE(slab.rows == 5);
    const int now = ++machine->at_once;
    int most = machine->most_at_once;
    while (most < now &&
           !machine->most_at_once.compare_exchange_weak(most, now)) {
    }
    std::this_thread::sleep_for(
        std::chrono::milliseconds(milliseconds(machine->threads)));
    --machine->at_once;
    return {};
  }
  SampleSpec input() const { return {.shape = {1, 1, 1}}; }
  std::vector<std::string> classes() const { return {"a"}; }
  std::string fingerprint() const { return "sleeper"; }
  Sleeper replicate() const { return *this; }

  ExecutorChoice choose(std::size_t cores) const {
    return choose_executors(*this,
                            {.cores = cores,
                             .batch = 5,
                             .seconds = 0.02,
                             .use_threads = [m = machine](std::size_t n) {
                               m->threads = n;
                               m->used.push_back(n);
                             }});
  }
};

}  // namespace

TEST_CASE("fewer executors are taken where their threads are worth it") {
  const Sleeper model{.milliseconds = [](std::size_t threads) {
    return threads == 4 ? 2 : 60;
  }};
  const ExecutorChoice choice = model.choose(4);
  CHECK(choice.plan == ExecutorPlan{.executors = 1, .threads = 4});
  REQUIRE(choice.tried.size() == 3);
  CHECK(choice.tried[1].plan == ExecutorPlan{.executors = 2, .threads = 2});
  CHECK(model.machine->used == std::vector<std::size_t>{1, 2, 4, 4});
  CHECK(choice.brief_report().find(
            "executors auto took 1 x 4 threads: 4 x 1 at ") == 0);
}

TEST_CASE("many executors are taken where threads are worth nothing") {
  const Sleeper model{.milliseconds = [](std::size_t) {
    return 10;
  }};
  const ExecutorChoice choice = model.choose(3);
  CHECK(choice.plan == ExecutorPlan{.executors = 3, .threads = 1});
  // 3 threads are shared by 3 executors, then by one.
  CHECK(choice.tried.size() == 2);
  CHECK(model.machine->used == std::vector<std::size_t>{1, 3, 1});
  CHECK(model.machine->most_at_once == 3);
}

TEST_CASE("a model whose threads cannot be set runs on one each") {
  const Sleeper model{.milliseconds = [](std::size_t) {
    return 5;
  }};
  const ExecutorChoice choice =
      choose_executors(model, {.cores = 2, .batch = 5, .seconds = 0});
  CHECK(choice.plan == ExecutorPlan{.executors = 2, .threads = 1});
  CHECK(choice.tried.back().plan == ExecutorPlan{.executors = 1, .threads = 1});
}

TEST_CASE("what a model raises on a thread of the trial passes") {
  const Sleeper model{.milliseconds = [](std::size_t threads) -> int {
    if (threads == 2) raise("model.infer", "no");
    return 1;
  }};
  CHECK(error_id([&] { model.choose(2); }) == "model.infer");
  // Not with the threads of the plan that failed.
  CHECK(model.machine->used == std::vector<std::size_t>{1, 2, 1});
}

TEST_CASE("options of the choice of executors are checked") {
  const Sleeper model{.milliseconds = [](std::size_t) {
    return 1;
  }};
  const auto id = [&](const ChooseExecutorsOptions& options) {
    return error_id([&] { choose_executors(model, options); });
  };
  CHECK(id({.cores = 0}) == "model.option");
  CHECK(id({.cores = 1025}) == "model.option");
  CHECK(id({.batch = 0}) == "model.option");
  CHECK(id({.gain = 1}) == "model.option");
  CHECK(id({.seconds = -1}) == "model.option");
  CHECK(id({.threads = 0}) == "model.option");
}
