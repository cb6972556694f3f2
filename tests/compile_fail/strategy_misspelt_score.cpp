// expect: neither quarry::PointwiseStrategy, which has score\(prediction\).*docs/concepts/strategy.md
#include "quarry/strategy.hpp"

struct Misspelt : quarry::Pointwise<Misspelt> {
  double scores(const quarry::Prediction&) const { return 0.0; }
};

quarry::AnyStrategy strategy = Misspelt();
