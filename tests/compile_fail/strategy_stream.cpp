// expect: quarry::StreamStrategy, which has needs\(\) const -> quarry::Needs and ask\(prediction\) -> bool
#include "quarry/strategy.hpp"

struct Unanswered {
  static constexpr quarry::Needs needs() { return {}; }
  void ask(const quarry::Prediction&) {}
};

quarry::AnyStrategy strategy = quarry::InOrder(Unanswered());
