// expect: neither quarry::PointwiseStrategy.*score\(prediction\) const
#include "quarry/strategy.hpp"

struct NotConst : quarry::Pointwise<NotConst> {
  double score(const quarry::Prediction&) { return 0.0; }
};

void use(const quarry::PoolView& pool, quarry::SelectContext& context) {
  quarry::select_from(NotConst(), pool, 1, context);
}
