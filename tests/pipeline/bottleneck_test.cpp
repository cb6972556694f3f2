// What set the speed, in words.
#include <string>

#include "quarry/pipeline/selection.hpp"

#include "catch.hpp"

namespace quarry {
namespace {

/// Ten seconds on two cores that had nothing to do.
RunSummary a_run() {
  RunSummary run;
  run.seconds = 10.0;
  run.cores = 2;
  run.stages = {{.stage = "fetch", .busy = 4.0, .workers = 4, .cpu = 0.5},
                {.stage = "decode", .busy = 3.0, .workers = 2, .cpu = 2.0},
                {.stage = "infer", .busy = 19.2, .workers = 2, .cpu = 3.0},
                {.stage = "score", .busy = 0.1, .workers = 2, .cpu = 0.1},
                {.stage = "select", .busy = 0.1, .workers = 1, .cpu = 0.1}};
  run.cpu = 6.0;
  return run;
}

TEST_CASE("the busiest stage is named") {
  RunSummary run = a_run();
  REQUIRE(run.bottleneck() == "inference-bound: 97 % busy");
  run.stages[2].busy = 2.0;
  run.stages[0].busy = 36.0;
  REQUIRE(run.bottleneck() == "fetch-bound: 91 % busy");
  run.stages[0].busy = 4.0;
  run.stages[1].busy = 12.0;
  REQUIRE(run.bottleneck() == "decode-bound: 61 % busy");
}

TEST_CASE("no stage is blamed that had time") {
  RunSummary run = a_run();
  run.stages[2].busy = 8.0;
  REQUIRE(run.bottleneck() == "nothing is busy throughout: infer most, 40 %");
}

TEST_CASE("cores that several stages keep busy are the bottleneck") {
  RunSummary run = a_run();
  run.cpu = 19.5;
  run.stages[0].cpu = 0.9;
  run.stages[1].cpu = 5.0;
  run.stages[2].cpu = 13.0;
  REQUIRE(run.bottleneck() ==
          "core-bound: 2 cores 98 % busy, infer 66 %, decode 25 %");
  // What no stage did is said, too: a model with threads of its own.
  run.stages[2].cpu = 1.0;
  REQUIRE(run.bottleneck() ==
          "core-bound: 2 cores 98 % busy, other threads 63 %, decode 25 %, "
          "infer 5 %");
  // One stage that has nearly all of it is named.
  run.stages[1].cpu = 0.5;
  run.stages[2].cpu = 18.0;
  REQUIRE(run.bottleneck() == "inference-bound: 2 cores 98 % busy");
  // Just not busy enough.
  run.cpu = 17.8;
  REQUIRE(run.bottleneck() == "inference-bound: 97 % busy");
}

TEST_CASE("a choice that takes long is said, or is the bottleneck itself") {
  RunSummary run = a_run();
  run.stages[4].busy = 2.0;
  run.stages[2].busy = 15.2;
  REQUIRE(run.bottleneck() ==
          "inference-bound: 95 % busy; the choice took 20 % of the time");
  run.stages[4].busy = 6.3;
  REQUIRE(run.bottleneck() == "select-bound: 63 % of the time");
  // Its cores are not those of the stream.
  run.stages[4] = {.stage = "select", .busy = 4.0, .workers = 1, .cpu = 8.0};
  run.stages[2].busy = 11.4;
  run.cpu = 14.0;
  REQUIRE(run.bottleneck() ==
          "inference-bound: 95 % busy; the choice took 40 % of the time");
}

TEST_CASE("there is no bottleneck where there was no run") {
  REQUIRE(RunSummary().bottleneck().empty());
  RunSummary run = a_run();
  run.seconds = 0.0;
  REQUIRE(run.bottleneck().empty());
  REQUIRE(StageTime().occupancy(3.0) == 0.0);
  // rank: no cores are known, no timeline.
  run = {};
  run.seconds = 2.0;
  run.stages = {{.stage = "load", .busy = 1.5, .workers = 1},
                {.stage = "select", .busy = 0.5, .workers = 1}};
  REQUIRE(run.bottleneck() ==
          "load-bound: 100 % busy; the choice took 25 % of the time");
}

}  // namespace
}  // namespace quarry
