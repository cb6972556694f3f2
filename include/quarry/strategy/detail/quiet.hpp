#pragma once

#include "quarry/strategy/detail/ticker.hpp"
#include "quarry/strategy/select_context.hpp"

namespace quarry::detail {

/// The context for a part of a selection that counts something else than the
/// whole: what it counts is told nobody, but it hears the wish to stop that
/// `whole` hears, which must outlive it.
SelectContext quiet(const SelectContext& context, Ticker& whole);

}  // namespace quarry::detail
