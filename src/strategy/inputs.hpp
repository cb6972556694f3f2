#pragma once

#include <span>
#include <string_view>

#include "quarry/strategy/prediction.hpp"

namespace quarry::detail {

/// Null when there is none.
const ArrayView* find_input(std::span<const NamedArray> inputs,
                            std::string_view name) noexcept;

/// Raises `strategy.missing_input`, saying what there is.
const ArrayView& input_of(std::span<const NamedArray> inputs,
                          std::string_view name);

}  // namespace quarry::detail
