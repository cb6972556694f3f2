#include "quarry/pipeline/options.hpp"

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "catch.hpp"
#include "error_id.hpp"

namespace quarry {
namespace {

TEST_CASE("the default options are valid") {
  REQUIRE_NOTHROW(PipelineOptions().validate());
}

TEST_CASE("an invalid option is named, with its value and its range") {
  struct Case {
    std::function<void(PipelineOptions&)> spoil;
    std::string field;
    std::string value;
  };
  const std::vector<Case> cases{
      {[](auto& o) { o.batch = 0; }, "batch", "0"},
      {[](auto& o) { o.batch = 1048577; }, "batch", "1048577"},
      {[](auto& o) { o.threads = 1025; }, "threads", "1025"},
      {[](auto& o) { o.executors = 1025; }, "executors", "1025"},
      {[](auto& o) { o.slabs = 65537; }, "slabs", "65537"},
      {[](auto& o) { o.reads = 4097; }, "reads", "4097"},
      {[](auto& o) { o.undecoded_bytes = 0; }, "undecoded_bytes", "0"},
      {[](auto& o) { o.model_timeout = -1.0; }, "model_timeout", "-1.0"},
      {[](auto& o) { o.model_timeout = std::nan(""); }, "model_timeout", "nan"},
      {[](auto& o) { o.errors.max_bad = -0.5; }, "errors.max_bad", "-0.5"},
      {[](auto& o) { o.errors.max_bad = 1.5; }, "errors.max_bad", "1.5"},
      {[](auto& o) { o.errors.max_bad = std::nan(""); }, "errors.max_bad",
       "nan"},
  };
  for (const Case& each : cases) {
    PipelineOptions options;
    each.spoil(options);
    REQUIRE(test::error_id([&] { options.validate(); }) == "pipeline.option");
    REQUIRE_THAT(test::error_message([&] { options.validate(); }),
                 Catch::StartsWith(each.field + " is " + each.value));
  }
}

TEST_CASE("the ends of every range are inside") {
  PipelineOptions options;
  options.batch = 1;
  options.threads = 1024;
  options.slabs = 65536;
  options.reads = 4096;
  options.undecoded_bytes = 1;
  options.errors.max_bad = 1.0;
  REQUIRE_NOTHROW(options.validate());
  options.errors.max_bad = 0.0;
  options.batch = 1048576;
  REQUIRE_NOTHROW(options.validate());
}

}  // namespace
}  // namespace quarry
