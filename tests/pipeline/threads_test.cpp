// What happens when the system gives no more threads.
#include "pipeline/threads.hpp"

#include <cstdio>
#include <functional>
#include <stdexcept>
#include <unistd.h>

#include <sys/resource.h>
#include <sys/wait.h>

#include "catch.hpp"
#include "error_id.hpp"
#include "fakes.hpp"
#include "pipeline/executor.hpp"
#include "pipeline/thread_fetcher.hpp"
#include "sanitized.hpp"

namespace quarry::detail {
namespace {

// Sanitizers need address space of their own for every thread.
#ifdef QUARRY_SANITIZED
constexpr bool can_limit = false;
#else
constexpr bool can_limit = true;
#endif

/// Address space for a few more threads than there are, not for thousands.
void limit_address_space() {
  std::FILE* const file = std::fopen("/proc/self/statm", "r");
  unsigned long pages = 0;
  if (file == nullptr || std::fscanf(file, "%lu", &pages) != 1) _exit(3);
  std::fclose(file);
  const rlim_t bytes = pages * static_cast<rlim_t>(getpagesize());
  const rlim_t limit = bytes + (rlim_t{200} << 20);
  const rlimit both{limit, limit};
  if (setrlimit(RLIMIT_AS, &both) != 0) _exit(4);
}

/// The exit status of `body` in a process of its own that has little address
/// space; −1 when it does not end, or ends by a signal.
int in_a_small_process(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    limit_address_space();
    _exit(body());
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// 0 when `begin` raises `pipeline.threads`, naming the option, after it had
/// started some threads.
int told(const std::function<void()>& begin, const std::string& option) {
  try {
    begin();
  } catch (const Error& error) {
    if (error.id() != "pipeline.threads") return 10;
    if (error.hint().find(option) == std::string::npos) return 11;
    return error.message().find("only 0 of") == std::string::npos ? 0 : 12;
  }
  return 13;
}

TEST_CASE("readers that the system does not give are an error, not a wait") {
  if (!can_limit) return;
  const AnySource source = test::toy_pool(1);
  const PipelineOptions options;
  RunControl control(options, source, 1);
  REQUIRE(
      in_a_small_process([&] {
        return told(
            [&] { ThreadFetcher(source, 4096, 1, control, {}, FetchEvents()); },
            "reads");
      }) == 0);
}

TEST_CASE("executors that the system does not give are an error") {
  if (!can_limit) return;
  const auto executor = make_executor(test::toy_model(), 1024, false);
  REQUIRE(in_a_small_process([&] {
            const int answer =
                told([&] { executor->begin(1024, {}); }, "executors");
            if (answer != 0) return answer;
            // Those that were started serve a run that is content with them.
            executor->begin(1, {});
            return 0;
          }) == 0);
}

TEST_CASE("threads end when their vector does") {
  std::atomic<int> ended = 0;
  {
    std::vector<std::jthread> threads;
    start_threads(threads, 3, "threads",
                  [&](const std::stop_token& stop, std::size_t) {
                    while (!stop.stop_requested()) std::this_thread::yield();
                    ++ended;
                  });
    REQUIRE(threads.size() == 3);
  }
  REQUIRE(ended == 3);
}

}  // namespace
}  // namespace quarry::detail
