// expect: Discriminative: the classifier must model quarry::Discriminator, which has log_odds\(task\) const.*docs/concepts/policies.md
#include "quarry/strategy.hpp"

struct Probabilities {
  std::vector<double> probabilities(const quarry::DiscriminatorTask&) const {
    return {};
  }
};

quarry::Discriminative<Probabilities> strategy;
