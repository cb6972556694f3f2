// expect: Cdal: the distance must model quarry::RowDistance, which has reduced\(a, b\).*docs/concepts/policies.md
#include "quarry/strategy.hpp"

// Rows may be floats, too.
struct OfDoubles {
  double reduced(std::span<const double>, std::span<const double>) const {
    return 0.0;
  }
  double distance(double reduced) const { return reduced; }
};

quarry::Cdal<OfDoubles> strategy;
