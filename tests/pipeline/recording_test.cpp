#include "pipeline/recording.hpp"

#include <chrono>
#include <vector>

#include "catch.hpp"

namespace quarry::detail {
namespace {

using namespace std::chrono_literals;
using Clock = Timeline::Clock;

const Clock::time_point origin{1000s};

StageRecord stage(std::string_view name, std::size_t workers) {
  return {.stage = name, .timeline = Timeline(origin), .workers = workers};
}

TEST_CASE("timelines of a run are cut alike, the last slot by its end") {
  StageRecord fetch = stage("fetch", 4);
  fetch.timeline.add(Spent::busy, origin, origin + 100us, 2);
  fetch.timeline.add(Spent::blocked, origin + 50us, origin + 150us);
  StageRecord infer = stage("infer", 1);
  infer.timeline.add(Spent::busy, origin + 200us, origin + 250us);
  infer.timeline.add(Spent::queued, origin + 200us, origin + 225us, 64);
  infer.items = 64;
  infer.cpu = 40us;
  const std::vector<StageRecord> records = {fetch, infer};
  RunSummary summary;
  sum_up(records, 250us, summary);

  REQUIRE(summary.slot_seconds == Approx(100e-6));
  REQUIRE(summary.stages.size() == 2);
  const StageTime& first = summary.stages[0];
  const StageTime& second = summary.stages[1];
  REQUIRE(first.stage == "fetch");
  REQUIRE(first.workers == 4);
  REQUIRE(first.busy == Approx(200e-6));
  REQUIRE(first.blocked == Approx(100e-6));
  REQUIRE(first.occupancy(250e-6) == Approx(0.2));
  REQUIRE(second.items == 64);
  REQUIRE(second.cpu == Approx(40e-6));
  REQUIRE(first.timeline.size() == 3);
  REQUIRE(second.timeline.size() == 3);
  REQUIRE(first.timeline[0].busy == 2.0F);
  REQUIRE(first.timeline[0].blocked == 0.5F);
  REQUIRE(first.timeline[1].busy == 0.0F);
  REQUIRE(first.timeline[1].blocked == 0.5F);
  // It is half as wide, and the stage was busy for all of it.
  REQUIRE(second.timeline[2].busy == 1.0F);
  REQUIRE(second.timeline[2].queued == 32.0F);
  REQUIRE(second.timeline[0].busy == 0.0F);
}

TEST_CASE("no run is too long for its slots") {
  StageRecord infer = stage("infer", 1);
  infer.timeline.add(Spent::busy, origin, origin + 1ms);
  const std::vector<StageRecord> records = {infer, stage("score", 2)};
  for (const Clock::duration run :
       {Clock::duration(1ms), Clock::duration(25'600us),
        Clock::duration(25'601us), Clock::duration(77s), Clock::duration(9h)}) {
    RunSummary summary;
    sum_up(records, run, summary);
    const std::size_t slots = summary.stages[0].timeline.size();
    CAPTURE(run.count(), slots);
    REQUIRE(slots <= 256);
    REQUIRE(summary.stages[1].timeline.size() == slots);
    const double seconds = std::chrono::duration<double>(run).count();
    REQUIRE(summary.slot_seconds * static_cast<double>(slots) >=
            seconds * (1 - 1e-12));
    REQUIRE(summary.slot_seconds * (static_cast<double>(slots) - 1) < seconds);
    REQUIRE(summary.stages[0].busy == Approx(1e-3));
  }
}

TEST_CASE("the records of workers add up to that of their stage") {
  const Recording recording{.origin = origin};
  WorkerRecord one(recording, "infer", 0);
  WorkerRecord two(recording, "infer", 1);
  one.waited(Spent::starved, origin, origin + 10us);
  two.waited(Spent::starved, origin, origin + 30us);
  two.waited(Spent::blocked, origin + 30us, origin + 35us);
  two.queued(origin + 1us, origin + 3us, 10);
  one.worked(one.begin(), 5);
  two.worked(two.begin(), 6);
  StageRecord all = stage("infer", 2);
  one.add_to(all);
  two.add_to(all);
  REQUIRE(all.items == 11);
  REQUIRE(all.timeline.seconds(Spent::starved) == Approx(40e-6));
  REQUIRE(all.timeline.seconds(Spent::blocked) == Approx(5e-6));
  REQUIRE(all.timeline.seconds(Spent::queued) == Approx(20e-6));
  REQUIRE(all.timeline.seconds(Spent::busy) > 0.0);
}

TEST_CASE("time on a core is counted, time asleep is not") {
  const auto thread = thread_cpu();
  const auto process = process_cpu();
  const auto until = Clock::now() + 5ms;
  while (thread_cpu() - thread < 1ms && Clock::now() < until) {
  }
  // On a machine however busy: what this thread had the process had.
  REQUIRE(thread_cpu() > thread);
  REQUIRE(process_cpu() - process >= 0ns);
}

}  // namespace
}  // namespace quarry::detail
