#pragma once

#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "quarry/strategy/concept.hpp"

namespace quarry {

/// Takes a pool for a stream: a stream strategy decides about its candidates
/// one after the other, in the order of rows, and what it asks for is picked,
/// until the budget is met.
///
///     InOrder(VariableUncertainty())
///
/// Each selection begins anew, with a copy of the strategy. Picks ascend, and
/// have no scores (NaN). These laws of a `SetStrategy` do not hold: there may
/// be fewer picks than min(b, |U|), and another order of the pool gives other
/// picks. Fewer picks are the first of more, and a row is decided by those
/// before it.
///
/// Numbers that the strategy draws come from `context.random`, or from the
/// pool's input `uniforms`, in order. Needs what the strategy needs. Its cost;
/// memory: 16 bytes a pick. Asked to stop, it returns the picks made. Raises
/// `strategy.memory`, `strategy.missing_input`, and for `uniforms`
/// `strategy.input_shape` when there are too few and `strategy.bad_row` when
/// one is not in [0, 1).
template <class S>
class InOrder {
  static_assert(StreamStrategy<S>,
                "InOrder: the strategy must model quarry::StreamStrategy, "
                "which has needs() const -> quarry::Needs and ask(prediction) "
                "-> bool; see docs/concepts/stream_strategy.md");

 public:
  explicit InOrder(S strategy) : strategy_(std::move(strategy)) {}

  Needs needs() const { return strategy_.needs(); }
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const;

 private:
  S strategy_;
};

namespace detail {

/// The numbers that a stream strategy draws.
std::function<double()> stream_uniforms(const PoolView& pool,
                                        const SelectContext& context);

/// Asks about candidates in order until `budget` of them are to be labelled.
std::vector<RankedPick> ask_in_order(
    const PoolView& pool, const Needs& needs, std::size_t budget,
    SelectContext& context, const std::function<bool(const Prediction&)>& ask);

}  // namespace detail

template <class S>
std::vector<RankedPick> InOrder<S>::select(const PoolView& pool,
                                           std::size_t budget,
                                           SelectContext& context) const {
  S strategy = strategy_;
  if constexpr (requires { strategy.draw_from(std::function<double()>()); }) {
    strategy.draw_from(detail::stream_uniforms(pool, context));
  }
  return detail::ask_in_order(
      pool, needs(), budget, context,
      [&](const Prediction& prediction) { return strategy.ask(prediction); });
}

}  // namespace quarry
