// expect: does not model quarry::Strategy: .*needs\(\).*docs/concepts/strategy.md
#include "quarry/strategy.hpp"

struct NoNeeds {
  double score(const quarry::Prediction&) const { return 0.0; }
};

int main() {
  NoNeeds mine;
  const quarry::AnyStrategy shared = std::ref(mine);
  quarry::register_strategy({.name = "mine"}, [](quarry::StrategyParams&) {
    return quarry::AnyStrategy(NoNeeds());
  });
}
