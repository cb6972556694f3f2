// expect: greedy: the function must model quarry::SetFunction, which has gain\(row\).*docs/concepts/policies.md
#include "quarry/strategy.hpp"

// A gain changes nothing: it is const.
struct NotConst {
  double gain(std::size_t) { return 0.0; }
  void add(std::size_t) {}
};

void use(const quarry::PoolView& pool, quarry::SelectContext& context) {
  NotConst function;
  quarry::greedy(function, pool, pool.candidates(), 1, context);
}
