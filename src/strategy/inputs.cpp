#include "strategy/inputs.hpp"

#include <string>

namespace quarry::detail {

const ArrayView* find_input(std::span<const NamedArray> inputs,
                            std::string_view name) noexcept {
  for (const NamedArray& input : inputs) {
    if (input.name == name) return &input.array;
  }
  return nullptr;
}

const ArrayView& input_of(std::span<const NamedArray> inputs,
                          std::string_view name) {
  if (const ArrayView* array = find_input(inputs, name)) return *array;
  raise("strategy.missing_input",
        "the strategy needs the input '" + std::string(name) +
            "'; given: " + describe(inputs),
        "give that input, or choose a strategy that does without it");
}

}  // namespace quarry::detail
