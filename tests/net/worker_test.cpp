#include "net/worker.hpp"

#include <atomic>
#include <future>
#include <pthread.h>
#include <string>

#include "catch.hpp"

using quarry::detail::Worker;

TEST_CASE("a worker handles all it was given, in order, not too many at once",
          "[worker]") {
  std::vector<int> handled;
  std::size_t largest = 0;
  {
    Worker<int> worker("seven", 7, [&](std::vector<int> items) {
      largest = std::max(largest, items.size());
      handled.insert(handled.end(), items.begin(), items.end());
    });
    for (int i = 0; i < 1000; ++i) CHECK(worker.post(int(i)));
  }
  REQUIRE(handled.size() == 1000);
  for (int i = 0; i < 1000; ++i) CHECK(handled[std::size_t(i)] == i);
  CHECK(largest <= 7);
}

TEST_CASE("a worker's thread has its name", "[worker]") {
  std::string name(16, '\0');
  {
    Worker<int> worker("quarry-test", 1, [&](const std::vector<int>&) {
      pthread_getname_np(pthread_self(), name.data(), name.size());
    });
    worker.post(1);
  }
  CHECK(name.c_str() == std::string("quarry-test"));
}

TEST_CASE("a worker that has finished takes nothing", "[worker]") {
  std::vector<std::string> handled;
  Worker<std::string> worker(
      "one", 1, [&](const std::vector<std::string>& items) {
        handled.insert(handled.end(), items.begin(), items.end());
      });
  CHECK(worker.post("first"));
  worker.finish();
  std::string late = "late";
  CHECK_FALSE(worker.post(std::move(late)));
  CHECK(late == "late");
  worker.finish();
  CHECK(handled == std::vector<std::string>{"first"});
}

TEST_CASE("a worker may be let go by what it does", "[worker]") {
  std::promise<void> gone;
  struct Owner {
    std::optional<Worker<std::shared_ptr<Owner>>> worker;
    std::promise<void>* gone = nullptr;
    ~Owner() {
      worker.reset();
      gone->set_value();
    }
  };
  std::promise<void> go;
  auto owner = std::make_shared<Owner>();
  owner->gone = &gone;
  owner->worker.emplace(
      "owned", 1,
      [waits = go.get_future().share()](
          const std::vector<std::shared_ptr<Owner>>&) { waits.wait(); });
  auto& worker = *owner->worker;
  worker.post(std::move(owner));
  go.set_value();
  CHECK(gone.get_future().wait_for(std::chrono::seconds(30)) ==
        std::future_status::ready);
}
