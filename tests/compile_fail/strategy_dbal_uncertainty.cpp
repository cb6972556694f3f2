// expect: Dbal: the uncertainty must model quarry::PointwiseStrategy, which has needs\(\) const.*score\(prediction\) const.*docs/concepts/strategy.md
#include "quarry/strategy.hpp"

struct NoNeeds {
  double score(const quarry::Prediction&) const { return 0.0; }
};

quarry::Dbal<NoNeeds> strategy;
