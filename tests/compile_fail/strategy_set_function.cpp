// expect: must model quarry::SetFunction, which has gain\(row\).*docs/reference/strategies/submodular.md
#include "quarry/strategy.hpp"

struct NotAFunction {
  struct Options {};
};

quarry::Maximise<NotAFunction> strategy;
