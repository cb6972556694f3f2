#include "quarry/strategy/prediction.hpp"

#include "strategy/inputs.hpp"

namespace quarry {

const ArrayView& PredictionBlock::input(std::string_view name) const {
  return detail::input_of(inputs, name);
}

bool PredictionBlock::has(std::string_view name) const noexcept {
  return detail::find_input(inputs, name) != nullptr;
}

}  // namespace quarry
