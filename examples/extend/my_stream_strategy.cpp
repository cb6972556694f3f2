// A stream strategy of your own: samples come one at a time, and each is asked
// about once, for good.
//
// This one asks for the first few samples of each predicted class.

#include <cstddef>
#include <iostream>
#include <map>
#include <vector>

#include <quarry/strategy.hpp>
#include <quarry/testing/check_stream_strategy.hpp>

// [strategy]
struct FewOfEach {
  std::size_t few = 1;
  std::map<Eigen::Index, std::size_t> seen = {};

  static constexpr quarry::Needs needs() {
    return {{.name = quarry::inputs::probabilities}};
  }
  bool ask(const quarry::Prediction& p) {
    Eigen::Index likeliest = 0;
    p.probabilities.maxCoeff(&likeliest);
    return seen[likeliest]++ < few;
  }
};
// [strategy]

static_assert(quarry::StreamStrategy<FewOfEach>);
static_assert(not quarry::SetStrategy<FewOfEach>);
static_assert(quarry::SetStrategy<quarry::InOrder<FewOfEach>>);

int main() {
  // [check]
  const auto laws = quarry::testing::check_stream_strategy(FewOfEach());
  std::cout << "laws broken: " << laws.violations.size() << '\n' << laws.text();
  // [check]

  const std::vector<std::vector<double>> stream = {
      {0.6, 0.4}, {0.7, 0.3}, {0.9, 0.1}, {0.2, 0.8}, {0.5, 0.5}, {0.6, 0.4}};
  // [use]
  const auto run = [&](const char* name, auto strategy) {
    std::cout << name << " asks for";
    std::size_t t = 0;
    for (const std::vector<double>& p : stream) {
      const bool ask = strategy.ask(
          {.probabilities = quarry::RowView(p.data(), std::ssize(p))});
      if (ask) std::cout << ' ' << t;
      ++t;
    }
    std::cout << '\n';
  };
  run("few of each", FewOfEach());
  run("fixed uncertainty",
      quarry::FixedUncertainty(
          {.budget = {.fraction = 0.5, .window = 4}, .threshold = 0.8}));
  // [use]
  return laws.ok() ? 0 : 1;
}
