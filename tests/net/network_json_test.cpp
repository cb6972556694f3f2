#include "quarry/net/network_json.hpp"

#include "catch.hpp"

using namespace quarry;

TEST_CASE("what the hosts did is an array with an object each",
          "[network_json]") {
  CHECK(to_line(to_json({})) == "[]");
  const HostStats host{.host = "http://h",
                       .requests = 1,
                       .answers = 2,
                       .bytes = 3,
                       .cached = 4,
                       .connections = 5,
                       .reused = 6,
                       .retries = 7,
                       .hedges = 8,
                       .throttled = 9,
                       .failed = 10,
                       .p50 = 0.5,
                       .p99 = 1.5};
  CHECK(to_line(to_json({.hosts = {host}})) ==
        R"([{"host":"http://h","requests":1,"answers":2,"bytes":3,"cached":4,)"
        R"("connections":5,"reused":6,"retries":7,"hedges":8,"throttled":9,)"
        R"("failed":10,"p50":0.5,"p99":1.5}])");
}
