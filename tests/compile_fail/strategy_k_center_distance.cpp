// expect: must model quarry::RowDistance, which has reduced\(a, b\).*docs/concepts/policies.md
#include "quarry/strategy.hpp"

struct NotADistance {};

quarry::KCenter<NotADistance> strategy;
