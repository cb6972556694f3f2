#include "quarry/model/fit.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;
using quarry::test::error_id;
using quarry::test::error_message;

TEST_CASE("training options are valid as they come") {
  CHECK_NOTHROW(FitOptions{}.validate());
  CHECK_NOTHROW(FitOptions{.epochs = 1,
                           .batch = 1,
                           .momentum = 0,
                           .weight_decay = 0,
                           .flip = false,
                           .crop_padding = 0}
                    .validate());
}

TEST_CASE("a wrong training option is named with its value") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  const auto wrong = [](FitOptions options) {
    return error_id([&] { options.validate(); }) == "fit.option";
  };
  CHECK(wrong({.epochs = 0}));
  CHECK(wrong({.batch = 0}));
  CHECK(wrong({.learning_rate = 0}));
  CHECK(wrong({.learning_rate = -1}));
  CHECK(wrong({.learning_rate = nan}));
  CHECK(wrong({.learning_rate = inf}));
  CHECK(wrong({.momentum = 1}));
  CHECK(wrong({.momentum = -0.1}));
  CHECK(wrong({.momentum = nan}));
  CHECK(wrong({.weight_decay = -1}));
  CHECK(wrong({.weight_decay = nan}));
  CHECK(wrong({.crop_padding = 5000}));

  const std::string message =
      error_message([] { FitOptions{.momentum = 1.5}.validate(); });
  CHECK(message ==
        "FitOptions: momentum is 1.5, but must be at least 0 and less than 1");
}

TEST_CASE("a training report is one line") {
  FitReport report;
  report.samples = 500;
  report.seconds = 3.14;
  report.epochs = {{1, 2, 1.5, 0.4}, {2, 2, 0.214, 0.936}};
  CHECK(report.brief_report() ==
        "2 epochs on 500 samples in 3.1 s, loss 0.21, accuracy 0.94");
  report.epochs.pop_back();
  report.stopped = true;
  CHECK(report.brief_report() ==
        "1 epoch on 500 samples in 3.1 s, loss 1.50, accuracy 0.40, stopped "
        "early");
  report.epochs.clear();
  CHECK(report.brief_report() ==
        "stopped before the first of its epochs was done, on 500 samples in "
        "3.1 s");
}
