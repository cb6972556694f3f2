// expect: must model quarry::RowDistance, which has reduced\(a, b\).*docs/concepts/strategy.md
#include "quarry/strategy.hpp"

struct NotADistance {};

quarry::KCenter<NotADistance> strategy;
