#include "quarry/strategy/stream/in_order.hpp"

#include <algorithm>
#include <string>

#include "quarry/core/error.hpp"
#include "quarry/strategy/detail/ticker.hpp"
#include "quarry/strategy/score_block.hpp"

#include "strategy/uniforms.hpp"

namespace quarry::detail {

std::function<double()> stream_uniforms(const PoolView& pool,
                                        const SelectContext& context) {
  if (!pool.has(inputs::uniforms)) {
    return [random = context.random.derive("stream")]() mutable {
      return random.uniform();
    };
  }
  const std::size_t most = pool.input(inputs::uniforms).rows();
  Uniforms given(pool, context.random, "stream", most);
  return [given, left = most]() mutable {
    if (left == 0) {
      raise("strategy.input_shape",
            "uniforms holds too few numbers: all are drawn before the stream "
            "ends",
            "give two for each candidate");
    }
    --left;
    return given.next();
  };
}

std::vector<RankedPick> ask_in_order(
    const PoolView& pool, const Needs& needs, std::size_t budget,
    SelectContext& context, const std::function<bool(const Prediction&)>& ask) {
  const auto candidates = pool.candidates();
  budget = std::min(budget, candidates.size());
  context.expect_memory("a stream", budget * sizeof(RankedPick));
  std::vector<NamedArray> inputs;
  for (const Need& need : needs) {
    inputs.push_back({need.name, pool.input(need.name)});
  }
  const PredictionBlock all{
      .rows = pool.rows(), .inputs = inputs, .keys = pool.keys()};
  RowCursor rows(all);
  Ticker ticker(context, budget);
  std::vector<RankedPick> picks;
  picks.reserve(budget);
  for (const std::size_t row : candidates) {
    if (picks.size() == budget || ticker.stop(picks.size())) break;
    if (ask(rows.at(row))) picks.push_back({row});
  }
  ticker.finish(picks.size());
  return picks;
}

}  // namespace quarry::detail
