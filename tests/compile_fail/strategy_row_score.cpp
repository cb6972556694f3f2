// expect: DCoM: the score must model quarry::RowScore, which has score\(prediction\) const -> double and a static needs\(\).*docs/concepts/policies.md
#include "quarry/strategy.hpp"

// Its needs are those of an object: the strategy could not say its own.
struct NotStatic {
  quarry::Needs needs() const {
    return {{.name = quarry::inputs::probabilities}};
  }
  double score(const quarry::Prediction&) const { return 0.0; }
};

quarry::DCoM<NotStatic> strategy;
