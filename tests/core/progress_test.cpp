#include "quarry/core/progress.hpp"

#include "catch.hpp"

TEST_CASE("the hook that shows nothing carries on") {
  const quarry::ProgressHook hook = quarry::NullProgress();
  CHECK(hook({"score", 1, 10, 0, 0.5}) == quarry::Flow::go_on);
}
