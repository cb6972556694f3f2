#include "quarry/testing/check_discriminator.hpp"

#include <cmath>
#include <stdexcept>

#include "quarry/strategy.hpp"

#include "broken_law.hpp"
#include "catch.hpp"

using namespace quarry;
using test::broken;
using testing::check_discriminator;

namespace {

/// The first number of a row; then `Change` does what it likes.
template <class Change>
struct FirstNumber {
  std::vector<double> log_odds(const DiscriminatorTask& task) const {
    std::vector<double> odds, row(task.rows.width());
    for (std::size_t i = 0; i < task.rows.size(); ++i) {
      task.rows.read(i, std::span(row));
      odds.push_back(row[0]);
    }
    Change()(task, odds);
    return odds;
  }
  std::size_t bytes(std::size_t rows, std::size_t width, std::size_t) const {
    return (rows + width) * sizeof(double);
  }
};

struct Nothing {
  void operator()(const DiscriminatorTask&, std::vector<double>&) const {}
};
struct OneTooFew {
  void operator()(const DiscriminatorTask&, std::vector<double>& odds) const {
    odds.pop_back();
  }
};
/// P is 1 of one row.
struct Certain {
  void operator()(const DiscriminatorTask&, std::vector<double>& odds) const {
    odds.back() = HUGE_VAL;
  }
};
struct ByPlace {
  void operator()(const DiscriminatorTask&, std::vector<double>& odds) const {
    for (std::size_t i = 0; i < odds.size(); ++i) {
      odds[i] += static_cast<double>(i);
    }
  }
};
struct ByThreads {
  void operator()(const DiscriminatorTask& task,
                  std::vector<double>& odds) const {
    for (double& x : odds) x += static_cast<double>(task.threads);
  }
};
struct OwnRandom {
  void operator()(const DiscriminatorTask&, std::vector<double>& odds) const {
    static double calls = 0.0;
    ++calls;
    for (double& x : odds) x += calls;
  }
};
struct Throws {
  void operator()(const DiscriminatorTask& task, std::vector<double>&) const {
    if (task.go_on() == Flow::stop) throw std::runtime_error("stopped");
  }
};

}  // namespace

TEST_CASE("Quarry's own discriminator obeys the laws",
          "[check_discriminator]") {
  CHECK(check_discriminator(LogisticDiscriminator()).text() == "");
  CHECK(check_discriminator(LogisticDiscriminator{.lambda = 1e-4},
                            {.seed = 1, .rows = 2})
            .text() == "");
  CHECK(check_discriminator(FirstNumber<Nothing>()).text() == "");
}

TEST_CASE("Every broken law of discriminators is found",
          "[check_discriminator]") {
  CHECK(broken(check_discriminator(FirstNumber<OneTooFew>()), "a row"));
  CHECK(broken(check_discriminator(FirstNumber<Certain>()), "finite"));
  CHECK(broken(check_discriminator(FirstNumber<ByPlace>()), "equal odds"));
  CHECK(broken(check_discriminator(FirstNumber<ByThreads>()), "of threads"));
  CHECK(broken(check_discriminator(FirstNumber<OwnRandom>()), "twice"));
  CHECK(broken(check_discriminator(FirstNumber<Throws>()), "stopped"));
}
