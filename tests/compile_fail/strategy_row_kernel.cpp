// expect: Maximise: the kernel must model quarry::RowKernel, which has similarity\(ab, aa, bb\) const.*docs/concepts/policies.md
#include "quarry/strategy.hpp"

// It does not say whether rows are to be of length 1.
struct NoUnitRows {
  double similarity(double ab, double, double) const { return ab; }
};

quarry::FacilityLocation<NoUnitRows> strategy;
