// expect: must model quarry::SetFunction, which has gain\(row\).*docs/concepts/policies.md
#include "quarry/strategy.hpp"

struct NotAFunction {
  struct Options {};
};

quarry::Maximise<NotAFunction> strategy;
