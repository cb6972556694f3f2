#include "quarry/strategy/prediction.hpp"

#include "strategy/inputs.hpp"

namespace quarry {

std::string describe(std::span<const NamedArray> inputs) {
  std::string text;
  for (const NamedArray& input : inputs) {
    text += text.empty() ? "" : ", ";
    text += std::string(input.name) + ' ' + input.array.describe();
  }
  return text.empty() ? "none" : text;
}

const ArrayView& PredictionBlock::input(std::string_view name) const {
  return detail::input_of(inputs, name);
}

bool PredictionBlock::has(std::string_view name) const noexcept {
  return detail::find_input(inputs, name) != nullptr;
}

}  // namespace quarry
