#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "quarry/core/json.hpp"

#include "catch.hpp"
#include "temp_dir.hpp"

namespace quarry::test {

/// What a trace holds of one stage.
struct TracedStage {
  std::size_t events = 0;
  std::size_t samples = 0;
  std::size_t rows = 0;       ///< workers with an event
  std::int64_t last_end = 0;  ///< nanoseconds since the origin
};

inline std::int64_t nanoseconds(const Json& microseconds) {
  return std::llround(1e3 * microseconds.get<double>());
}

/// Reads a trace and checks its laws: every event is complete, in a row that
/// has a name and belongs to the stage, not before the run, and the events of a
/// row do not overlap.
inline std::map<std::string, TracedStage> check_trace(
    const std::filesystem::path& file) {
  const Json trace = Json::parse(slurp(file));
  REQUIRE(trace.is_array());
  using Row = std::pair<int, int>;
  std::map<int, std::string> stages;
  std::map<Row, std::string> rows;
  std::map<Row, std::vector<std::pair<std::int64_t, std::int64_t>>> spans;
  std::map<std::string, TracedStage> found;
  for (const Json& event : trace) {
    const Row row{event.at("pid"), event.at("tid")};
    const std::string name = event.at("name");
    if (event.at("ph") == "M") {
      const std::string text = event.at("args").at("name");
      const bool first = name == "process_name"
                             ? stages.emplace(row.first, text).second
                             : rows.emplace(row, text).second;
      REQUIRE(first);
      REQUIRE((name == "process_name" || name == "thread_name"));
      continue;
    }
    REQUIRE(event.at("ph") == "X");
    REQUIRE(stages.at(row.first) == name);
    REQUIRE(rows.at(row).rfind(name + " ", 0) == 0);
    const std::int64_t begin = nanoseconds(event.at("ts"));
    const std::int64_t end = begin + nanoseconds(event.at("dur"));
    REQUIRE(begin >= 0);
    REQUIRE(end >= begin);
    spans[row].emplace_back(begin, end);
    TracedStage& stage = found[name];
    ++stage.events;
    stage.samples += event.at("args").at("samples").get<std::size_t>();
    stage.last_end = std::max(stage.last_end, end);
  }
  for (auto& [row, its] : spans) {
    ++found[stages.at(row.first)].rows;
    std::sort(its.begin(), its.end());
    for (std::size_t i = 1; i < its.size(); ++i) {
      REQUIRE(its[i].first >= its[i - 1].second);
    }
  }
  REQUIRE(rows.size() == spans.size());
  return found;
}

}  // namespace quarry::test
