// expect: AttackWise: the strategy must have a static input, .*attack\(\) const -> quarry::Attack; see.*adversarial.md
#include "quarry/strategy.hpp"

struct NoInput : quarry::AttackWise<NoInput> {
  quarry::Attack attack() const { return {}; }
  void score(const quarry::PredictionBlock&, std::span<double>) const {}
};

quarry::AnyStrategy strategy = NoInput();
