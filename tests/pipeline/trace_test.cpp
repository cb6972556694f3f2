#include "pipeline/trace.hpp"

#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include <sys/resource.h>
#include <sys/wait.h>

#include "error_id.hpp"
#include "trace_laws.hpp"

namespace quarry::detail {
namespace {

using namespace std::chrono_literals;

const Trace::Clock::time_point origin{1000s};

TEST_CASE("a trace is written to the nanosecond") {
  const test::TempDir folder;
  Trace trace(folder / "trace.json", origin);
  trace.event("decode", 1, origin + 1'234'567ns, origin + 2ms, 64);
  trace.event("decode", 0, origin - 1s, origin + 5ns, 1);
  trace.event("infer", 0, origin + 2ms, origin + 2ms, 128);
  REQUIRE(folder.entries() == 1);  // beside its place
  REQUIRE_FALSE(std::filesystem::exists(folder / "trace.json"));
  REQUIRE_FALSE(trace.close());
  REQUIRE(folder.entries() == 1);
  // Where a line is broken here there is nothing in the file.
  std::string expected = R"([
{"name":"process_name","ph":"M","pid":1,"tid":0,"args":{"name":"decode"}},
{"name":"thread_name","ph":"M","pid":1,"tid":1,"args":{"name":"decode 2"}},
{"name":"decode","ph":"X","pid":1,"tid":1,"ts":1234.567,"dur":765.433,
  "args":{"samples":64}},
{"name":"thread_name","ph":"M","pid":1,"tid":2,"args":{"name":"decode 1"}},
{"name":"decode","ph":"X","pid":1,"tid":2,"ts":0.000,"dur":0.005,
  "args":{"samples":1}},
{"name":"process_name","ph":"M","pid":2,"tid":0,"args":{"name":"infer"}},
{"name":"thread_name","ph":"M","pid":2,"tid":3,"args":{"name":"infer 1"}},
{"name":"infer","ph":"X","pid":2,"tid":3,"ts":2000.000,"dur":0.000,
  "args":{"samples":128}}
]
)";
  for (std::size_t at = expected.find("\n  "); at != expected.npos;
       at = expected.find("\n  ")) {
    expected.erase(at, 3);
  }
  REQUIRE(test::slurp(folder / "trace.json") == expected);
}

TEST_CASE("a trace of nothing is an empty array, also when nobody closes it") {
  const test::TempDir folder;
  { const Trace trace(folder / "trace.json", origin); }
  REQUIRE(test::check_trace(folder / "trace.json").empty());
}

TEST_CASE("many threads write one trace, which keeps little in memory") {
  const test::TempDir folder;
  const auto start = Trace::Clock::now();
  constexpr std::size_t events = 3000;
  {
    Trace trace(folder / "trace.json", start);
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < 4; ++i) {
      threads.emplace_back([&trace, i] {
        for (std::size_t k = 0; k < events; ++k) {
          const auto begin = Trace::Clock::now();
          trace.event(i % 2 == 0 ? "fetch" : "score", i / 2, begin,
                      Trace::Clock::now(), k);
        }
      });
    }
  }
  const auto stages = test::check_trace(folder / "trace.json");
  REQUIRE(stages.size() == 2);
  for (const char* stage : {"fetch", "score"}) {
    REQUIRE(stages.at(stage).events == 2 * events);
    REQUIRE(stages.at(stage).samples == events * (events - 1));
    REQUIRE(stages.at(stage).rows == 2);
  }
}

TEST_CASE("work that overlaps has the lowest row that is free") {
  const test::TempDir folder;
  const auto start = Trace::Clock::now();
  Trace trace(folder / "trace.json", start);
  REQUIRE(trace.take_number("infer") == 0);
  REQUIRE(trace.take_number("infer") == 1);
  REQUIRE(trace.take_number("fetch") == 0);
  trace.give_back("infer", 0, start, 8);
  const auto later = Trace::Clock::now();
  REQUIRE(trace.take_number("infer") == 0);
  REQUIRE(trace.take_number("infer") == 2);
  trace.give_back("infer", 2, later, 8);
  trace.give_back("infer", 1, start, 8);
  trace.give_back("infer", 0, later, 8);
  trace.give_back("fetch", 0, start, 0);  // nothing came of it
  REQUIRE(trace.take_number("fetch") == 0);
  REQUIRE_FALSE(trace.close());
  const auto stages = test::check_trace(folder / "trace.json");
  REQUIRE(stages.at("infer").events == 4);
  REQUIRE(stages.at("infer").rows == 3);
  REQUIRE(stages.count("fetch") == 0);
}

TEST_CASE("a trace that cannot be written is an error from the start") {
  const test::TempDir folder;
  const auto begin = [&](const std::filesystem::path& file) {
    return test::error_id([&] { Trace(file, origin); });
  };
  REQUIRE(begin(folder / "no" / "trace.json") == "file.write");
  REQUIRE(begin(folder.path()) == "file.write");
  REQUIRE(begin("/dev/null") == "file.write");
}

TEST_CASE("a disk that gets full ends the trace, and says so once") {
  const test::TempDir folder;
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    std::signal(SIGXFSZ, SIG_IGN);
    Trace trace(folder / "trace.json", origin);
    rlimit limit{100'000, RLIM_INFINITY};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(2);
    for (int i = 0; i < 3000; ++i) trace.event("fetch", 0, origin, origin, 1);
    // There is room again, but events are missing.
    limit.rlim_cur = RLIM_INFINITY;
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(3);
    const auto failure = trace.close();
    if (!failure || failure->id.text() != "file.write") _exit(4);
    _exit(failure->message.find("trace.json") == std::string::npos ? 5 : 0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) == 0);
  REQUIRE_FALSE(std::filesystem::exists(folder / "trace.json"));
}

}  // namespace
}  // namespace quarry::detail
